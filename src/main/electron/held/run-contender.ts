import { setTimeout as sleep } from 'node:timers/promises'
import { dialogKind } from '../dialogs/dialog-kind.ts'
import { whenReady } from '../dialogs/when-ready.ts'
import type { HeldNote } from '../words/held-text.ts'
import { type Contender, textOf } from './contender.ts'
import { deliverLaunch, type HandOverResult, handOverAtOnce, resultOf } from './deliver-launch.ts'
import { hasNoDisplay } from './has-no-display.ts'
import type { OnHeld } from './on-held.ts'
import { closingPatience, type OwnerWatch } from './owner-watch.ts'
import { screenName } from './screens.ts'
import type { ContenderEnd } from './show-dialog.ts'

/** How long an owner that is starting may take until it is ready if there is no display, in milliseconds. */
const readyPatience = 10_000
/**
 * The longest time for which an owner that is busy is watched before it is called silent or not, in milliseconds. A silence
 * counts from the first question, so it takes a second, and more on a busy machine.
 */
const certaintyTime = 2_500
const certaintyPause = 100
const tryAgainPause = 500

/**
 * Runs a process that was refused the lock, until it has the lock, the owner has its launch, or it is to quit.
 *
 * No owner is ended unless the user says so twice. No launch counts as handed over before the owner has answered.
 */
export async function runContender(contender: Contender, onHeld: OnHeld): Promise<ContenderEnd> {
  if (hasNoDisplay()) return runWithoutDisplay(contender, onHeld)
  const { watch } = contender

  // Before this function waits for anything: Electron may then end before it has begun to start. If the owner is on
  // another screen, this user sees no window, and another person may see one. So the user decides.
  const isElsewhere = () => watch.facts.otherScreen !== undefined
  const reply = onHeld === 'focus' && !isElsewhere() ? handOverAtOnce(contender) : undefined
  if (reply?.type === 'not-sent') console.error(reply.reason)
  const tried = resultOf(reply)
  if (tried === 'handed-over') return tried

  // An updater starts the new version while the old one is still closing.
  const closingDeadline = performance.now() + closingPatience
  if (await watch.waitWhileClosing(closingDeadline)) return 'free'

  const choice = typeof onHeld === 'function' ? await askApp(contender, onHeld) : onHeld
  if (choice !== 'dialog' && choice !== 'focus') return choice

  let note: HeldNote | undefined
  if (choice === 'focus' && !isElsewhere()) {
    const delivery = await deliverLaunch(contender, { tried })
    if (delivery === 'handed-over' || delivery === 'free') return delivery
    if (await watch.waitWhileClosing(closingDeadline)) return 'free'
    note = delivery
  }

  // The kind is asked for now, so that the dialog need not wait for it.
  await Promise.all([whenReady(watch.facts.product), lookUntilCertain(watch), dialogKind()])
  if (watch.now.kind === 'quitting' && (await watch.waitWhileClosing(closingDeadline))) return 'free'
  // Most processes get the lock, and need no dialog.
  const { showDialog } = await import('./show-dialog.ts')
  return showDialog(contender, note, choice === 'focus' && !isElsewhere())
}

/** Asks the app's own `onHeld`, again and again while it chooses `try-again`. */
async function askApp(
  contender: Contender,
  onHeld: Exclude<OnHeld, string>,
): Promise<ContenderEnd | 'dialog' | 'focus'> {
  const { watch } = contender
  let isHandedOver = false
  const handOver = async () => {
    isHandedOver ||= (await deliverLaunch(contender)) === 'handed-over'
    return isHandedOver
  }
  for (;;) {
    await lookUntilCertain(watch)
    if (watch.lock) return 'free'
    const { now } = watch
    const { dir, owner, holder, pid } = watch.error
    const { message, detail } = textOf(contender)
    const launch = contender.launch()
    const isOnOtherScreen = watch.facts.otherScreen !== undefined
    const info = { dir, owner, holder, pid, now, message, detail, isOnOtherScreen, launch, handOver }
    const choice = await onHeld(info)
    // The owner has ended without the launch while it was handed over.
    if (watch.lock) return 'free'
    if (choice === 'quit') return isHandedOver ? 'handed-over' : 'quit'
    if (choice === 'dialog' || choice === 'focus') return choice
    await sleep(tryAgainPause)
  }
}

/** Looks until it is certain whether the owner answers: the first dialog should not be replaced at once. */
async function lookUntilCertain(watch: OwnerWatch): Promise<void> {
  const deadline = performance.now() + certaintyTime
  await watch.look()
  while (watch.isUncertain && !watch.lock && performance.now() < deadline) {
    await sleep(certaintyPause)
    await watch.look()
  }
}

/**
 * Does only what can be done at once: nobody can be asked, and Electron ends by itself in a moment. The words of the
 * dialog go to stderr.
 */
function runWithoutDisplay(contender: Contender, onHeld: OnHeld): ContenderEnd {
  const result = onHeld === 'focus' ? deliverAtOnce(contender) : undefined
  if (result === 'handed-over') {
    // The user of this process sees no window.
    const screen = screenName(contender.watch.error.owner)
    const { message } = textOf(contender)
    console.error(screen === undefined ? message : `${message} Its window is on ${screen}.`)
    return result
  }
  const note = typeof result === 'object' ? result : undefined
  const { message, detail } = textOf(contender, note)
  console.error(`${message}\n${detail}`)
  return 'quit'
}

/** Blocks this thread for an owner that is not ready, because nothing else keeps this process from ending. */
function deliverAtOnce(contender: Contender): HandOverResult {
  const deadline = performance.now() + readyPatience
  for (;;) {
    const reply = handOverAtOnce(contender)
    const result = resultOf(reply)
    if (result !== 'waiting') return result
    const isAsking = reply?.type === 'queued' && reply.status.state === 'asking'
    if (isAsking || performance.now() >= deadline || contender.watch.isFree()) return result
  }
}
