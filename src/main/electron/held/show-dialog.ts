import { setTimeout as sleep } from 'node:timers/promises'
import { clipboard } from 'electron'
import { raiseMessageBoxes } from '../dialogs/message-box.ts'
import { endingText, endQuestion, type HeldNote, heldDetails } from '../words/held-text.ts'
import { type Contender, textOf } from './contender.ts'
import { type DeliverOptions, type Delivery, deliverLaunch } from './deliver-launch.ts'
import { endProcess } from './end-process.ts'
import { liveBox } from './live-box.ts'
import { type BoxHost, shareBox, sharedBoxPath } from './shared-box.ts'

/** An owner that ends in this time, in milliseconds, ends without a box that says so. */
const endingPatience = 1_000

/** How a contender ends: with the lock in `watch.lock`, or without it and with or without its launch delivered. */
export type ContenderEnd = 'free' | 'handed-over' | 'quit'

/**
 * Shows in a dialog who owns the data directory and what that owner is doing. If another launch already shows it, this
 * process waits for the choice there.
 *
 * @param first the note in the first dialog.
 * @param handsOver whether an owner that answers gets the launch without a question.
 */
export async function showDialog(
  contender: Contender,
  first: HeldNote | undefined,
  handsOver: boolean,
): Promise<ContenderEnd> {
  const { watch, name, launch } = contender
  let note = first
  let isChosen = handsOver
  while (!watch.lock) {
    const path = sharedBoxPath(watch.error.dir, name)
    const box = path === undefined ? undefined : await shareBox(path, launch().files, raiseMessageBoxes)
    if (!box || 'tell' in box) return showForAll(contender, note, isChosen, box)
    const choice = await box.choice
    if (choice === 'quit') return choice
    // A new owner may take long to start. The user is not asked again.
    isChosen ||= choice === 'show'
    const delivery = choice && (await deliverLaunch(contender, { tried: 'waiting', throughQuestions: true }))
    if (delivery === 'handed-over' || delivery === 'free') return delivery
    note = delivery
    await watch.look()
  }
  return 'free'
}

/** @param host the other launches, which follow the choice. */
async function showForAll(
  contender: Contender,
  first: HeldNote | undefined,
  handsOver: boolean,
  host: BoxHost | undefined,
): Promise<ContenderEnd> {
  try {
    const end = await followBox(contender, first, handsOver, host)
    // If this process has the lock now, it is the owner to which they hand over.
    host?.tell(end === 'quit' ? 'quit' : 'show')
    return end
  } finally {
    host?.close()
  }
}

/** A dialog closes when the owner does something else, and the next one says what. */
async function followBox(
  contender: Contender,
  first: HeldNote | undefined,
  handsOver: boolean,
  host: BoxHost | undefined,
): Promise<ContenderEnd> {
  const { watch } = contender
  const deliver = (options: DeliverOptions) => {
    host?.tell('show')
    return deliverLaunch(contender, options)
  }
  let note = first
  while (!watch.lock) {
    const before = watch.now
    const text = () => textOf(contender, note, host?.files())
    const end = await liveBox('info', watch, text)
    let delivery: Delivery
    switch (end) {
      case 'show':
        delivery = await deliver({ throughQuestions: true })
        if (delivery === undefined) await watch.look()
        break
      case 'tryAgain':
      case 'changed': {
        if (end === 'tryAgain') await watch.look()
        // The user has answered the owner's question, and is not asked here again.
        const isAnswered = before.kind === 'asking' && watch.now.kind !== 'asking'
        const answersNow = before.kind !== 'answering' && watch.now.kind === 'answering'
        const isDue = isAnswered || (handsOver && answersNow)
        if (isDue) delivery = await deliver({ tried: 'waiting' })
        break
      }
      case 'endProcess': {
        const result = await askToEnd(contender)
        if (result === 'quit') return result
        delivery = result
        break
      }
      case 'copyDetails':
        clipboard.writeText(heldDetails(text()))
        continue
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
  // As the user was asked about it: while it ends, its record and the kernel say less and less.
  const { facts } = watch
  const text = () => endQuestion(facts, contender.language().words)
  const isPointless = () => watch.now.kind !== 'silent' || watch.error.pid !== pid
  const end = await liveBox('question', watch, text, isPointless)
  if (end !== 'endProcess') return undefined
  let isDone = false
  const ending = endProcess(watch, pid).finally(() => {
    isDone = true
  })
  await Promise.race([ending, sleep(endingPatience)])
  const saying = () => endingText(facts, contender.language().words)
  while (!isDone) if ((await liveBox('info', watch, saying, () => isDone)) === 'quit') return 'quit'
  const result = await ending
  return typeof result === 'string' ? undefined : { notEnded: result.failed }
}
