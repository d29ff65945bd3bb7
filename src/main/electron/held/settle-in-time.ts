import { setTimeout as sleep } from 'node:timers/promises'
import { app } from 'electron'
import type { Contention, HeldEnd } from './contention.ts'
import { type Delivery, deliverLaunch, untilDelivered } from './deliver-launch.ts'
import { showHeldDialog } from './held-dialog.ts'
import { isGoneBy } from './is-gone-by.ts'
import type { HeldChoice, OnHeld } from './on-held.ts'
import type { ReplyMeaning } from './reply-meaning.ts'
import { type HeldNote, heldText } from './words/held-text.ts'

/** How long an owner that is closing is waited for before anybody is told, in milliseconds. */
const closingPatience = 15_000
/** How long a silence is looked at before the first dialog calls it one or not, in milliseconds. */
const doubtTime = 1_200
const doubtPause = 100
const againPause = 500

/**
 * Settles what becomes of a launch for which the owner or the user takes time.
 *
 * @param meaning what became of handing it over at once.
 */
export async function settleInTime(
  contention: Contention,
  onHeld: OnHeld,
  meaning: ReplyMeaning,
): Promise<HeldEnd> {
  const deadline = performance.now() + closingPatience
  if (await isGoneBy(deadline, contention)) return 'free'
  if (typeof onHeld === 'function') return settleByApp(contention, onHeld, deadline)
  if (onHeld === 'dialog') return dialog(contention, deadline)
  if (meaning === undefined) return focusOrDialog(contention, deadline, deliverLaunch(contention, false))
  if (meaning === 'waiting') return focusOrDialog(contention, deadline, untilDelivered(contention, false))
  return meaning === 'handed-over' ? meaning : dialog(contention, deadline, meaning)
}

async function settleByApp(
  contention: Contention,
  decide: Exclude<OnHeld, string>,
  deadline: number,
): Promise<HeldEnd> {
  const { watch } = contention
  let isHandedOver = false
  for (;;) {
    await watch.look()
    if (watch.lock) return 'free'
    const { words, locale } = contention.language()
    const { message, detail } = heldText(watch.now, watch.facts, words, { locale })
    const { dir, owner, holder, pid } = watch.error
    const choice: HeldChoice = await decide({
      dir,
      owner,
      holder,
      pid,
      now: watch.now,
      message,
      detail,
      launch: contention.launch(),
      handOver: async () => {
        isHandedOver ||= (await deliverLaunch(contention, false)) === 'handed-over'
        return isHandedOver
      },
    })
    // The owner has gone without the launch while it was handed over.
    if (watch.lock) return 'free'
    if (choice === 'quit') return isHandedOver ? 'handed-over' : 'quit'
    if (choice === 'dialog') return dialog(contention, deadline)
    if (choice === 'focus') return focusOrDialog(contention, deadline, deliverLaunch(contention, false))
    await sleep(againPause)
  }
}

async function focusOrDialog(
  contention: Contention,
  deadline: number,
  delivering: Promise<Delivery>,
): Promise<HeldEnd> {
  const delivery = await delivering
  if (delivery === 'handed-over' || delivery === 'free') return delivery
  if (await isGoneBy(deadline, contention)) return 'free'
  return dialog(contention, deadline, delivery)
}

async function dialog(contention: Contention, deadline: number, note?: HeldNote): Promise<HeldEnd> {
  await Promise.all([app.whenReady(), lookUntilCertain(contention)])
  if (contention.watch.now.kind === 'quitting' && (await isGoneBy(deadline, contention))) return 'free'
  return contention.watch.lock ? 'free' : showHeldDialog(contention, note)
}

/** Looks until it is clear whether the owner answers: what is shown first should not be taken back at once. */
async function lookUntilCertain({ watch }: Contention): Promise<void> {
  const deadline = performance.now() + doubtTime
  await watch.look()
  while (watch.isUncertain && performance.now() < deadline) {
    await sleep(doubtPause)
    await watch.look()
  }
}
