import type { WebContents } from 'electron'
import { type NotesOperations, operationChannel, type Result } from '../../shared/notes-bridge.ts'
import { NotesError } from '../../shared/notes-error.ts'
import { isOurPage } from './page-url.ts'

/** What does each operation. The arguments come from the page: to be checked before use. */
export type NotesHandlers = {
  readonly [Name in keyof NotesOperations]: (
    ...args: unknown[]
  ) => Promise<ReturnType<NotesOperations[Name]>> | ReturnType<NotesOperations[Name]>
}

/** Answers the page's operations, and nobody else's. Stops when the window is gone. */
export function serveNotes(contents: WebContents, handlers: NotesHandlers): void {
  for (const name of Object.keys(handlers) as (keyof NotesOperations)[]) {
    contents.ipc.handle(
      operationChannel(name),
      async (event, ...args: unknown[]): Promise<Result<unknown>> => {
        try {
          if (!isOurPage(event.senderFrame)) throw new NotesError('forbidden', 'This page may not do that.')
          return { ok: true, value: await handlers[name](...args) }
        } catch (error) {
          return { ok: false, error: errorOf(error) }
        }
      },
    )
  }
}

function errorOf(error: unknown): { code: NotesError['code']; message: string } {
  if (error instanceof NotesError) return { code: error.code, message: error.message }
  return { code: 'failed', message: error instanceof Error ? error.message : String(error) }
}
