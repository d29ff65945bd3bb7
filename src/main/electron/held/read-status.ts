import type { OwnerStatus } from '../../handoff/messages/protocol.ts'
import type { HeldCase } from './words/held-case.ts'

/**
 * For how long, in milliseconds, a main thread may be busy before it counts as silent. Migrations may be run in it,
 * and closing a database ends in one long call.
 */
const patience: Record<OwnerStatus['state'], number> = {
  ready: 1_000,
  starting: 10_000,
  migrating: 30_000,
  asking: 10_000,
  quitting: 30_000,
}

/** What an owner that answered is doing. */
export function caseOfStatus(
  { state, progress, silentFor }: OwnerStatus,
  nowMilliseconds: number = Date.now(),
): HeldCase {
  if (silentFor >= patience[state]) {
    // Whole seconds, so that two looks at the same silence give the same words.
    return { kind: 'silent', since: new Date(Math.round((nowMilliseconds - silentFor) / 1_000) * 1_000) }
  }
  if (state === 'migrating')
    return { kind: 'migrating', done: progress?.done ?? 0, total: progress?.total ?? 0 }
  return { kind: state === 'ready' ? 'answering' : state }
}

/** Whether an owner may be about to count as silent, so that a moment more tells. */
export function isUncertain({ state, silentFor }: OwnerStatus): boolean {
  return silentFor > 0 && silentFor < patience[state]
}
