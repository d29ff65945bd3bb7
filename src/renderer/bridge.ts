import type { NotesBridge } from '../shared/notes/bridge.ts'
import { NotesError } from '../shared/notes/notes.ts'
import type { Result } from '../shared/operations.ts'

declare global {
  interface Window {
    /** Set by the preload script. */
    readonly notes: NotesBridge
  }
}

/** The main process. */
export const bridge = window.notes

/** Returns the value of an operation. Throws `NotesError` if the main process answered with an error. */
export async function unwrap<Value>(answer: Promise<Result<Value>>): Promise<Value> {
  const result = await answer
  if (result.ok) return result.value
  throw new NotesError(result.error.code, result.error.message)
}
