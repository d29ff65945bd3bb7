import type { LaunchReply } from '../../handoff/protocol.ts'
import type { HeldNote } from './held-text.ts'

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
