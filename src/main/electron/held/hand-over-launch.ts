import { handOver } from '../../handoff/client.ts'
import { HandoffError } from '../../handoff/errors.ts'
import type { LaunchReply } from '../../handoff/protocol.ts'
import type { Contention } from './contention.ts'
import type { HeldNote } from './held-text.ts'

/** How long the owner may take to show its window before it must say whether it has taken the launch, in ms. */
const showPatience = 2_500

/**
 * Hands the launch over to the owner.
 *
 * @returns `handed-over` when the owner has it, else what to tell the user; undefined where the next look at the
 * owner tells by itself.
 */
export async function handOverLaunch({
  watch,
  launch,
}: Contention): Promise<'handed-over' | HeldNote | undefined> {
  const { owner } = watch.error
  try {
    return meaningOf(await handOver(owner ?? {}, launch, { patience: showPatience }))
  } catch (error) {
    if (!(error instanceof HandoffError)) throw error
    if (error.failure === 'gone') return undefined
    return error.failure === 'no-answer' ? 'no-answer' : { refused: error.message }
  }
}

/** What a reply comes to for the user of a contender. */
export function meaningOf(reply: LaunchReply): 'handed-over' | HeldNote | undefined {
  switch (reply.type) {
    case 'launched':
      return reply.outcome === 'in-background' ? 'no-window' : 'handed-over'
    case 'queued':
      return 'handed-over'
    case 'busy':
      return reply.status.state === 'quitting' ? undefined : 'no-answer'
    case 'refused':
      return { refused: reply.reason }
  }
}
