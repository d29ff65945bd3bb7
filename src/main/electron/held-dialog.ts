import { app } from 'electron'
import { handOver } from '../handoff/client.ts'
import { HandoffError } from '../handoff/errors.ts'
import type { Launch } from '../handoff/protocol.ts'
import type { DataDirLockedError } from '../lock/errors.ts'
import { type HeldWords, heldWords } from './held-words.ts'
import { showMessageBox } from './message-box.ts'

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
  const { owner } = error
  if (owner?.endpoint === undefined) return askToTryAgain(product, words)
  if (!(await ask(product, words, `Show ${owner.app ?? product}`))) return 'quit'
  try {
    const reply = await handOver(owner, launch)
    if (reply.type === 'launched' && reply.outcome !== 'in-background') return 'handed-over'
    const why = reply.type === 'refused' ? `It says: ${reply.reason}` : 'It has no window to show.'
    return askToTryAgain(product, { ...words, detail: `${why}\n${words.detail}` })
  } catch (failure) {
    if (!(failure instanceof HandoffError)) throw failure
    // The owner left while the dialog was up: then the directory may be free, and the launch goes on.
    if (failure.failure === 'gone') return 'try-again'
    return askToTryAgain(product, { ...words, detail: `${failure.message}\n${words.detail}` })
  }
}

async function askToTryAgain(product: string, words: HeldWords): Promise<HeldAnswer> {
  return (await ask(product, words, 'Try Again')) ? 'try-again' : 'quit'
}

async function ask(title: string, { message, detail }: HeldWords, action: string): Promise<boolean> {
  const button = await showMessageBox({
    type: 'info',
    title,
    message,
    detail,
    buttons: [action, 'Quit'],
    defaultId: 0,
    cancelId: 1,
    noLink: true,
  })
  return button === 0
}
