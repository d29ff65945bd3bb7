import type { HandOverAnswer } from './hand-over-thread.ts'
import { caseOfStatus } from './read-status.ts'
import type { HeldNote } from './words/held-text.ts'

/** `waiting`: the owner has the launch, but is not ready. If it does not become ready, it forgets the launch. */
export type ReplyMeaning = 'handed-over' | 'waiting' | HeldNote | undefined

/**
 * What a reply comes to for the user of a contender. A launch that waits in an owner which shows no sign of life may
 * wait for ever: the user is told, and may hand it over again, since to the owner it is the same launch.
 */
export function meaningOf(reply: HandOverAnswer): ReplyMeaning {
  switch (reply.type) {
    case 'launched':
      return reply.outcome === 'in-background' ? 'no-window' : 'handed-over'
    case 'queued':
      if (caseOfStatus(reply.status).kind === 'silent') return 'no-answer'
      return reply.status.state === 'ready' ? 'handed-over' : 'waiting'
    case 'busy':
      return reply.status.state === 'quitting' ? undefined : 'no-answer'
    case 'refused':
    case 'not-sent':
      return { refused: reply.reason }
  }
}
