import { setTimeout as sleep } from 'node:timers/promises'
import type { Contention } from './contention.ts'
import { handOverLaunch } from './hand-over-launch.ts'
import { isGoneBy } from './is-gone-by.ts'
import type { HeldNote } from './words/held-text.ts'

/** Between two looks at an owner that has the launch, in milliseconds. */
const pause = 200
/** How long an owner that is closing is waited for without a message, in milliseconds. */
const closingPatience = 15_000

/** `handed-over` when the owner has dealt with the launch, `free` when the lock is this process's, otherwise what to say. */
export type Delivery = 'handed-over' | 'free' | HeldNote | undefined

/**
 * Hands the launch over and stays until the owner has dealt with it. An owner that is not ready yet may fail to open its
 * data, and then forgets the launch. This process still has it, and takes over.
 *
 * @param throughQuestions continues to wait while the owner asks its user something. Otherwise a question ends the wait,
 * because the user of this process may not see it.
 */
export async function deliverLaunch(contention: Contention, throughQuestions: boolean): Promise<Delivery> {
  const meaning = await handOverLaunch(contention)
  // Without a meaning the owner is about to go, or has just gone.
  const isOpen = meaning === 'waiting' || meaning === undefined
  return isOpen ? untilDelivered(contention, throughQuestions) : meaning
}

/** The same for a launch that an owner already has, but is not ready for. */
export async function untilDelivered(contention: Contention, throughQuestions: boolean): Promise<Delivery> {
  const { watch } = contention
  for (;;) {
    await watch.look()
    if (watch.lock) return 'free'
    switch (watch.now.kind) {
      case 'answering': {
        // The owner recognizes the launch by its id, and answers what became of it.
        const meaning = await handOverLaunch(contention)
        if (meaning !== 'waiting') return meaning
        break
      }
      case 'starting':
      case 'migrating':
        break
      case 'asking':
        if (!throughQuestions) return undefined
        break
      case 'quitting':
        return (await isGoneBy(performance.now() + closingPatience, contention)) ? 'free' : undefined
      case 'silent':
        return 'no-answer'
      case 'no-server':
        return undefined
    }
    await sleep(pause)
  }
}
