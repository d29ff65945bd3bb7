import type { Generated } from 'kysely'

/** Times are milliseconds since 1970. */
interface NotesTable {
  id: Generated<number>
  title: string
  body: string
  /** The real path of the file the note was imported from. */
  source_path: string | null
  /** What the file said then. A note whose text no longer has this hash was edited here. */
  source_hash: string | null
  updated_at: number
  /** Set while a removed note can still be restored. */
  removed_at: number | null
}

/** The full-text index. Triggers fill it from `notes`; nobody writes to it. */
interface NotesFtsTable {
  rowid: number
  title: string
  body: string
}

export interface NotesSchema {
  notes: NotesTable
  notes_fts: NotesFtsTable
}
