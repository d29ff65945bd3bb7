import type { Contention, HeldEnd } from './contention.ts'
import { hasNoDisplay } from './display.ts'
import { handOverAtOnce } from './hand-over-at-once.ts'
import type { OnHeld } from './on-held.ts'
import { meaningOf, type ReplyMeaning } from './reply-meaning.ts'
import { heldText } from './words/held-text.ts'

/** How long an owner that is starting may take until it is ready if there is no display, in milliseconds. */
const readyPatience = 10_000

/** Settles what becomes of a launch that has met an owner. */
export async function settleHeld(contention: Contention, onHeld: OnHeld): Promise<HeldEnd> {
  if (hasNoDisplay()) return settleHeadless(contention, onHeld)
  let meaning: ReplyMeaning
  if (onHeld === 'focus') {
    // Before this function waits for anything: Electron may then end before it has begun to start.
    const reply = handOverAtOnce(contention)
    meaning = reply && meaningOf(reply)
    if (meaning === 'handed-over') return meaning
  }
  // What an app that gets its lock never needs. Electron lets an import() end only when it is about to be `ready`, for
  // which a dialog waits anyway.
  const { settleInTime } = await import('./settle-in-time.ts')
  return settleInTime(contention, onHeld, meaning)
}

/** Nobody can be asked, and Electron ends by itself in a moment: only what can be done at once is done. */
function settleHeadless(contention: Contention, onHeld: OnHeld): HeldEnd {
  const meaning = onHeld === 'focus' ? deliverAtOnce(contention) : undefined
  if (meaning === 'handed-over') return meaning
  const { watch } = contention
  const { words, locale } = contention.language()
  const note = typeof meaning === 'object' ? meaning : undefined
  const { message, detail } = heldText(watch.now, watch.facts, words, { locale, note })
  console.error(`${message}\n${detail}`)
  return 'quit'
}

/** Blocks this thread for an owner that is not ready, because nothing else keeps this process from ending. */
function deliverAtOnce(contention: Contention): ReplyMeaning {
  const deadline = performance.now() + readyPatience
  for (;;) {
    const reply = handOverAtOnce(contention)
    const meaning = reply && meaningOf(reply)
    if (meaning !== 'waiting') return meaning
    const isAsking = reply?.type === 'queued' && reply.status.state === 'asking'
    if (isAsking || performance.now() >= deadline || contention.watch.isFree()) return meaning
  }
}
