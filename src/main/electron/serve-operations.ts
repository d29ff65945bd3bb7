import type { WebContents, WebFrameMain } from 'electron'
import { operationChannel, type Result } from '../../shared/operations.ts'

/** The function of each operation. Its arguments come from the page, so check them before use. */
export type OperationHandlers<Operations> = {
  readonly [Name in keyof Operations]: (
    ...args: unknown[]
  ) => Operations[Name] extends (...args: never[]) => infer Value ? Value | Promise<Value> : never
}

/** The channels that {@link serveOperations} uses, and the frames that it answers. */
export interface ServeOptions {
  /** The start of the channels' names. The preload script must use the same one. */
  readonly prefix: string
  /**
   * Returns whether a frame may request operations. All frames of a window share its channels, including a foreign page
   * inside it (electronjs.org/docs/latest/tutorial/security#17-validate-the-sender-of-all-ipc-messages).
   */
  readonly isTrusted: (frame: WebFrameMain | null) => boolean
}

/**
 * Runs the operations that the page of one window requests by name, and sends the results back. A page that can only
 * request named operations cannot send SQL. The other side is `operationsBridge` in the preload script. Requests are
 * answered until the window is gone.
 *
 * If a handler throws, the page gets `{ ok: false, error: { code, message } }`, with the error's own `code`, or
 * `failed` if it has none. A frame that is not trusted gets the code `forbidden`.
 *
 * @example
 * ```ts
 * serveOperations<NotesOperations>(
 *   window.webContents,
 *   { list: () => listNotes(db), save: (text) => saveNote(db, text) },
 *   { prefix: 'notes', isTrusted: (frame) => frame?.parent === null && frame.origin === 'app://notes' },
 * )
 * ```
 */
export function serveOperations<Operations>(
  contents: WebContents,
  handlers: OperationHandlers<Operations>,
  { prefix, isTrusted }: ServeOptions,
): void {
  for (const [name, handler] of Object.entries<(...args: unknown[]) => unknown>(handlers)) {
    const channel = operationChannel(prefix, name)
    contents.ipc.handle(channel, (event, ...args: unknown[]): Promise<Result<unknown>> | Result<unknown> => {
      if (!isTrusted(event.senderFrame)) return failure('forbidden', 'This page may not do that.')
      return resultOf(handler, args)
    })
  }
}

async function resultOf(
  handler: (...args: unknown[]) => unknown,
  args: readonly unknown[],
): Promise<Result<unknown>> {
  try {
    return { ok: true, value: await handler(...args) }
  } catch (error) {
    if (!(error instanceof Error)) return failure('failed', String(error))
    const { code } = error as { code?: unknown }
    return failure(typeof code === 'string' ? code : 'failed', error.message)
  }
}

function failure(code: string, message: string): Result<never> {
  return { ok: false, error: { code, message } }
}
