import { setTimeout as sleep } from 'node:timers/promises'
import { clipboard } from 'electron'
import { whenReady } from '../dialogs/when-ready.ts'
import {
  endingText,
  endQuestion,
  type HeldNote,
  type HeldText,
  heldDetails,
  heldText,
} from '../words/held-text.ts'
import {
  type Contender,
  type Delivery,
  deliverLaunch,
  type HandOverResult,
  handOverAtOnce,
  resultOf,
} from './deliver-launch.ts'
import { endProcess } from './end-process.ts'
import { hasNoDisplay } from './has-no-display.ts'
import type { OnHeld } from './on-held.ts'
import { closingPatience, type OwnerWatch } from './owner-watch.ts'
import { screenName } from './screens.ts'

/** How long an owner that is starting may take until it is ready if there is no display, in milliseconds. */
const readyPatience = 10_000
/**
 * The longest time for which an owner that is busy is watched before it is called silent or not, in milliseconds. A silence
 * counts from the first question, so it takes a second, and more on a busy machine.
 */
const certaintyTime = 2_500
const certaintyPause = 100
const tryAgainPause = 500
/** An owner that ends in this time, in milliseconds, ends without a box that says so. */
const endingPatience = 1_000

/** How a contender ends: with the lock in `watch.lock`, or without it and with or without its launch delivered. */
type ContenderEnd = 'free' | 'handed-over' | 'quit'

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

  await Promise.all([whenReady(watch.facts.product), lookUntilCertain(watch)])
  if (watch.now.kind === 'quitting' && (await watch.waitWhileClosing(closingDeadline))) return 'free'
  return showDialog(contender, note)
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
 * Shows in a native dialog who owns the data directory and what that owner is doing. A dialog closes when the owner does
 * something else, and the next one says what.
 */
async function showDialog(contender: Contender, first: HeldNote | undefined): Promise<ContenderEnd> {
  const { watch } = contender
  // Most processes get the lock, and need no dialog.
  const { liveBox } = await import('./live-box.ts')
  let note = first
  while (!watch.lock) {
    const { kind } = watch.now
    const text = () => textOf(contender, note)
    const end = await liveBox('info', watch, text)
    let delivery: Delivery
    switch (end) {
      case 'show':
        delivery = await deliverLaunch(contender, { throughQuestions: true })
        if (delivery === undefined) await watch.look()
        break
      case 'tryAgain':
        await watch.look()
        break
      case 'endProcess': {
        const result = await askToEnd(contender)
        if (result === 'quit') return result
        delivery = result
        break
      }
      case 'copyDetails':
        clipboard.writeText(heldDetails(text()))
        continue
      case 'changed':
        // The user has answered the owner's question, and is not asked here again.
        if (kind === 'asking') delivery = await deliverLaunch(contender, { tried: 'waiting' })
        break
      case 'free':
      case 'quit':
        return end
    }
    if (delivery === 'handed-over' || delivery === 'free') return delivery
    note = delivery
  }
  return 'free'
}

/**
 * Asks the second question, which closes when the owner answers after all or ends, and ends the owner. A box says so until it
 * has ended.
 *
 * @returns `'quit'` if the user does not wait for the end.
 */
async function askToEnd(contender: Contender): Promise<HeldNote | 'quit' | undefined> {
  const { watch } = contender
  const { pid } = watch.error
  const { liveBox } = await import('./live-box.ts')
  const text = () => endQuestion(watch.facts, contender.language().words)
  const isPointless = () => watch.now.kind !== 'silent' || watch.error.pid !== pid
  const end = await liveBox('question', watch, text, isPointless)
  if (end !== 'endProcess') return undefined
  let isDone = false
  const ending = endProcess(watch, pid).finally(() => {
    isDone = true
  })
  await Promise.race([ending, sleep(endingPatience)])
  const saying = () => endingText(watch.facts, contender.language().words)
  while (!isDone) if ((await liveBox('info', watch, saying, () => isDone)) === 'quit') return 'quit'
  const result = await ending
  return typeof result === 'string' ? undefined : { notEnded: result.failed }
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

function textOf({ watch, language }: Contender, note?: HeldNote): HeldText {
  return heldText(watch.now, watch.facts, language(), note)
}
