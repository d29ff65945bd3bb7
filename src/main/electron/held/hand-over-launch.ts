import { handOverAll } from '../../handoff/contender/client.ts'
import { HandoffError } from '../../handoff/messages/errors.ts'
import type { Contention } from './contention.ts'
import { meaningOf, type ReplyMeaning } from './reply-meaning.ts'

/** How long the owner may take to show its window before it must say whether it has taken the launch, in ms. */
const showPatience = 2_500

/**
 * Hands the launch over to the owner.
 *
 * @returns `handed-over` when the app of the owner has it, `waiting` when the owner is not ready, otherwise what to tell the
 * user; undefined if the next look at the owner gives the reason.
 */
export async function handOverLaunch({ watch, launches }: Contention): Promise<ReplyMeaning> {
  try {
    return meaningOf(await handOverAll(watch.reachable, launches(), { patience: showPatience }))
  } catch (error) {
    if (!(error instanceof HandoffError)) throw error
    if (error.failure === 'too-big') console.error(error.message)
    if (['gone', 'no-endpoint', 'not-trusted'].includes(error.failure)) return undefined
    return error.failure === 'no-answer' ? 'no-answer' : { refused: error.message }
  }
}
