export type NotesErrorCode = 'failed' | 'forbidden' | 'import-running' | 'invalid-argument' | 'not-found'

/** An error whose `code` survives the way from the main process to the page. */
export class NotesError extends Error {
  readonly code: NotesErrorCode

  constructor(code: NotesErrorCode, message: string) {
    super(message)
    this.name = 'NotesError'
    this.code = code
  }
}
