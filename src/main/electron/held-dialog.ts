import { app, dialog } from 'electron'
import { handOver } from '../handoff/client.ts'
import { HandoffError } from '../handoff/errors.ts'
import type { Launch } from '../handoff/protocol.ts'
import type { DataDirLockedError } from '../lock/errors.ts'
import { heldWords } from './held-words.ts'

/** What the user of a contender chose, or what came of it. */
export type HeldAnswer = 'handed-over' | 'try-again' | 'quit'

/**
 * Tells the user in a native dialog who owns the data directory, and takes them there if they like.
 *
 * An owner that can be asked gets **Show**, anybody else **Try Again**; **Quit** and Esc leave. Resolves to
 * `handed-over` only when the owner has answered.
 *
 * @param product this app's name.
 */
export async function showHeldDialog(
  error: DataDirLockedError,
  product: string,
  launch: Launch,
): Promise<HeldAnswer> {
  await app.whenReady()
  const words = heldWords(error, product, app.getLocale())
  const canShow = error.owner?.endpoint !== undefined
  const action = canShow ? `Show ${error.owner?.app ?? product}` : 'Try Again'
  if (!(await ask(words.message, words.detail, action))) return 'quit'
  return canShow ? show(error, product, launch) : 'try-again'
}

async function show(error: DataDirLockedError, product: string, launch: Launch): Promise<HeldAnswer> {
  try {
    const reply = await handOver(error.owner ?? {}, launch)
    if (reply.type === 'launched' && reply.outcome !== 'in-background') return 'handed-over'
    const why = reply.type === 'refused' ? reply.reason : 'it has no window to show'
    return (await ask(`${product} could not be shown.`, `${error.summary}\n${why}`, 'Try Again'))
      ? 'try-again'
      : 'quit'
  } catch (failure) {
    if (!(failure instanceof HandoffError)) throw failure
    // The owner left while the dialog was up: then the directory may be free, and the launch goes on.
    if (failure.failure === 'gone') return 'try-again'
    const again = await ask(failure.summary, `${error.summary}\n${failure.remedy}`, 'Try Again')
    return again ? 'try-again' : 'quit'
  }
}

async function ask(message: string, detail: string, action: string): Promise<boolean> {
  const { response } = await dialog.showMessageBox({
    type: 'info',
    message,
    detail,
    buttons: [action, 'Quit'],
    defaultId: 0,
    cancelId: 1,
    noLink: true,
  })
  return response === 0
}
