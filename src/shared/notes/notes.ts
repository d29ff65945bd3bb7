/** The longest title and body a note can have, in UTF-16 code units. */
export const MAX_TITLE_LENGTH = 1_000
export const MAX_BODY_LENGTH = 10_000_000

/** The size of the largest file that is imported. */
export const MAX_FILE_BYTES = 5_000_000

/** How many of the skipped files the result of an import names. */
export const MAX_SKIPPED_FILES = 100

/** How many notes one page of a list has. */
export const PAGE_LENGTH = 50

/** A run of text, marked where it matches the search. */
export interface TextPiece {
  readonly text: string
  readonly match: boolean
}

/** One row of the list. Times are milliseconds since 1970. */
export interface NoteSummary {
  readonly id: number
  readonly title: readonly TextPiece[]
  readonly excerpt: readonly TextPiece[]
  readonly updatedAt: number
}

/** Where a page of a list begins. */
export interface PageStart {
  /** The number of notes before the page. */
  readonly offset: number
  /** The last note before the page. It is faster than `offset`, and no note is missing if others were added before it. */
  readonly after?: Pick<NoteSummary, 'id' | 'updatedAt'> | undefined
}

export interface NoteText {
  readonly title: string
  readonly body: string
}

/** A whole note. `sourcePath` is the file it was imported from. */
export interface Note extends NoteText {
  readonly id: number
  readonly updatedAt: number
  readonly sourcePath: string | null
}

/** The progress of an import. `total` is unknown while the folder is still being read. */
export interface ImportProgress {
  readonly done: number
  readonly total: number | undefined
}

/** A file, or a folder, that was not imported. */
export interface SkippedFile {
  readonly path: string
  readonly reason: 'missing' | 'not-allowed' | 'not-readable' | 'not-text' | 'too-large'
}

export interface ImportResult {
  readonly added: number
  readonly updated: number
  readonly unchanged: number
  readonly skipped: number
  /** The first of the skipped files. */
  readonly skippedFiles: readonly SkippedFile[]
  readonly canceled: boolean
}

/** What the status line shows. Times are milliseconds since 1970, sizes are bytes. */
export interface NotesStatus {
  readonly pid: number
  readonly dir: string
  /** Undefined if the lock was skipped. */
  readonly heldSince: number | undefined
  /** True if the lock or a file of the database was lost. Nothing is saved from then on. */
  readonly isLost: boolean
  readonly noteCount: number
  readonly databaseBytes: number
}

/** True if the note has only white space. */
export function isBlank(note: NoteText): boolean {
  return note.title.trim() === '' && note.body.trim() === ''
}

/** An error whose `code` reaches the page. */
export class NotesError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'NotesError'
    this.code = code
  }
}
