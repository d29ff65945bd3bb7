/** An error whose `code` survives the way from the main process to the page. */
export class NotesError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'NotesError'
    this.code = code
  }
}
