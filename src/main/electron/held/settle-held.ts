import type { Contention, HeldEnd } from './contention.ts'
import { hasNoDisplay } from './display.ts'
import { handOverAtOnce } from './hand-over-at-once.ts'
import { type HeldNote, heldText } from './held-text.ts'
import type { OnHeld } from './on-held.ts'
import { meaningOf } from './reply-meaning.ts'

/** Settles what becomes of a launch that has met an owner. */
export async function settleHeld(contention: Contention, onHeld: OnHeld): Promise<HeldEnd> {
  if (hasNoDisplay()) return settleHeadless(contention, onHeld)
  let note: HeldNote | undefined
  if (onHeld === 'focus') {
    // Before this function waits for anything: Electron may then end before it has begun to start.
    const reply = handOverAtOnce(contention)
    const meaning = reply && meaningOf(reply)
    if (meaning === 'handed-over') return meaning
    note = meaning
  }
  // What an app that gets its lock never needs. Electron lets an import() end only when it is about to be `ready`, for
  // which a dialog waits anyway.
  const { settleInTime } = await import('./settle-in-time.ts')
  return settleInTime(contention, onHeld, note)
}

/** Nobody can be asked, and Electron ends by itself in a moment: only what can be done at once is done. */
function settleHeadless(contention: Contention, onHeld: OnHeld): HeldEnd {
  if (onHeld === 'focus') {
    const reply = handOverAtOnce(contention)
    if (reply && meaningOf(reply) === 'handed-over') return 'handed-over'
  }
  const { watch } = contention
  const { words, locale } = contention.language()
  const { message, detail } = heldText(watch.now, watch.facts, words, { locale })
  console.error(`${message}\n${detail}`)
  return 'quit'
}
