import type { LaunchReply } from '../../handoff/protocol.ts'
import type { HeldNote } from './held-text.ts'
import { caseOfStatus } from './read-status.ts'

/**
 * What a reply comes to for the user of a contender. A launch that waits in an owner which shows no sign of life may
 * wait for ever: the user is told, and may hand it over again, since to the owner it is the same launch.
 */
export function meaningOf(reply: LaunchReply): 'handed-over' | HeldNote | undefined {
  switch (reply.type) {
    case 'launched':
      return reply.outcome === 'in-background' ? 'no-window' : 'handed-over'
    case 'queued':
      return caseOfStatus(reply.status).kind === 'silent' ? 'no-answer' : 'handed-over'
    case 'busy':
      return reply.status.state === 'quitting' ? undefined : 'no-answer'
    case 'refused':
      return { refused: reply.reason }
  }
}
