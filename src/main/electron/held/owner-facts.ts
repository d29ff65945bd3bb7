import { lstatSync } from 'node:fs'
import { dirname } from 'node:path'
import type { OwnerStatus } from '../../handoff/messages/protocol.ts'
import type { DataDirLockedError } from '../../lock/errors.ts'
import type { HeldCase, HeldFacts } from '../words/held-text.ts'
import { otherScreen, ownScreen } from './screens.ts'

/**
 * How long, in milliseconds, a main thread may be busy before it counts as silent. Migrations may run in it, and closing
 * a database ends in one long call.
 */
const patience: Record<OwnerStatus['state'], number> = {
  ready: 1_000,
  starting: 10_000,
  migrating: 30_000,
  asking: 10_000,
  quitting: 30_000,
}

/** Returns what an owner that answered is doing. */
export function caseOfStatus({ state, progress, silentFor }: OwnerStatus, now = Date.now()): HeldCase {
  if (silentFor >= patience[state]) {
    // Whole seconds, so that two looks at the same silence give the same words.
    return { kind: 'silent', since: new Date(Math.round((now - silentFor) / 1_000) * 1_000) }
  }
  if (state === 'migrating') return { kind: 'migrating', done: 0, total: 0, ...progress }
  return { kind: state === 'ready' ? 'answering' : state }
}

/**
 * Returns whether an owner has been busy for so short a time that it may be silent at one of the next looks. An owner that
 * is starting may be busy for long, which does not count.
 */
export function isUncertain({ silentFor }: OwnerStatus): boolean {
  return silentFor > 0 && silentFor < patience.ready
}

/** Returns what the kernel and the owner record say about the owner. */
export function factsOf(error: DataDirLockedError, product: string): HeldFacts {
  const { owner, holder, foreign, dir } = error
  return {
    product,
    app: owner?.app,
    // A PID of another namespace is shown too, with a line that says where it is valid.
    pid: error.pid ?? owner?.pid,
    program: owner?.exec_path ?? holder?.program,
    version: owner?.version,
    startedAt: owner?.started_at,
    host: owner?.host,
    isOtherUser: isOtherUser(error),
    isIdentified: holder?.hasLock === true,
    // A sandbox may have a name of its own for the same screen.
    otherScreen: foreign === undefined ? otherScreen(owner, ownScreen()) : undefined,
    place: foreign === undefined ? 'here' : foreign === 'host' ? 'other-host' : 'other-pid-namespace',
    dir,
  }
}

/** Returns whether the owner, or the socket that it names, belongs to another user. Such an owner gets no launch. */
export function isOtherUser({ owner, holder }: DataDirLockedError): boolean {
  const own = process.geteuid?.()
  if (own === undefined) return false
  const uids = [holder?.uid, owner?.uid, owner?.endpoint ? socketUser(owner.endpoint) : undefined]
  return uids.some((uid) => uid !== undefined && uid !== own)
}

function socketUser(endpoint: string): number | undefined {
  // The folder counts for a socket in a folder that this user may not enter. The hand-off does not trust it either.
  for (const path of [endpoint, dirname(endpoint)]) {
    try {
      return lstatSync(path, { throwIfNoEntry: false })?.uid
    } catch {
      // This user may not enter the folder.
    }
  }
  return undefined
}
