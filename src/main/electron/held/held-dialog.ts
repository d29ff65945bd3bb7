import { app, clipboard } from 'electron'
import type { Contention, HeldEnd } from './contention.ts'
import { deliverLaunch, untilDelivered } from './deliver-launch.ts'
import { endProcess } from './end-process.ts'
import { liveBox } from './live-box.ts'
import { endQuestion, type HeldNote, heldDetails, heldText } from './words/held-text.ts'

/**
 * Tells the user in a native dialog who owns the data directory and what that owner is doing, and takes them there if
 * they like. The dialog follows the owner: it says so when it becomes ready or falls silent, and is gone when the
 * owner is, which ends in `free`.
 *
 * Ends in `handed-over` only when the owner has answered. No owner is ended unless the user says so twice.
 */
export async function showHeldDialog(contention: Contention, first?: HeldNote): Promise<HeldEnd> {
  await app.whenReady()
  let note = first
  for (;;) {
    const end = await showOnce(contention, note)
    if (end === 'free' || end === 'handed-over' || end === 'quit') return end
    note = end
  }
}

/** One box and what its button does; ends in a note where the dialog has to go on. */
async function showOnce(
  contention: Contention,
  note: HeldNote | undefined,
): Promise<HeldEnd | HeldNote | undefined> {
  const { watch, product } = contention
  const { words, locale } = contention.language()
  const text = () => heldText(watch.now, watch.facts, words, { locale, note })
  const { kind } = watch.now
  const end = await liveBox({ title: product, type: 'info', watch, text })
  switch (end) {
    case 'show':
      return (await deliverLaunch(contention, true)) ?? (await lookAgain(contention))
    case 'try-again':
      return lookAgain(contention)
    case 'end-process':
      return askToEnd(contention)
    case 'copy':
      clipboard.writeText(heldDetails(text()))
      return note
    case 'changed':
      // The user has answered the owner's question, and is not asked here again.
      return kind === 'asking' ? untilDelivered(contention, false) : undefined
    case 'free':
    case 'quit':
      return end
  }
}

async function lookAgain({ watch }: Contention): Promise<'free' | undefined> {
  await watch.look()
  return watch.lock ? 'free' : undefined
}

/** The second question, taken back when the owner answers after all or leaves. */
async function askToEnd(contention: Contention): Promise<'free' | HeldNote | undefined> {
  const { watch, product } = contention
  const { words } = contention.language()
  const { pid } = watch.error
  const end = await liveBox({
    title: product,
    type: 'question',
    watch,
    text: () => endQuestion(watch.facts, words),
    isPointless: () => watch.now.kind !== 'silent' || watch.error.pid !== pid,
    defaultAction: 'quit',
  })
  if (end === 'free') return end
  if (end !== 'end-process') return undefined
  const result = await endProcess(watch, pid)
  if (result === 'free') return result
  return result === 'somebody-else' ? undefined : { notEnded: result.failed }
}
