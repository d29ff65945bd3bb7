import type { Generated } from 'kysely'

/** Times are milliseconds since 1970. */
interface NotesTable {
  id: Generated<number>
  title: string
  body: string
  /** The real path of the file the note was imported from. */
  source_path: string | null
  /** The hash of the file's text at the import. A note whose text has another hash was edited in Notes. */
  source_hash: string | null
  updated_at: number
  /** Set while a removed note can still be restored. */
  removed_at: number | null
}

/** The full-text index. Triggers fill it from `notes`. The app does not write to it. */
interface NotesFtsTable {
  rowid: number
  title: string
  body: string
}

/**
 * The full-text index of the notes with Chinese, Japanese or Korean text, which has no spaces between its words. So each
 * character is a word here. The app writes it together with `notes`. Triggers remove what is out of date.
 */
interface NotesCjkTable {
  rowid: number
  title: string
  body: string
}

export interface NotesSchema {
  notes: NotesTable
  notes_fts: NotesFtsTable
  notes_cjk: NotesCjkTable
}
