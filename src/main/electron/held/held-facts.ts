import { lstatSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DataDirLockedError } from '../../lock/errors.ts'
import type { HeldFacts } from './words/held-case.ts'

/** What the kernel and the owner record say about the owner. */
export function factsOf(error: DataDirLockedError, product: string): HeldFacts {
  const { owner, holder, foreign, dir } = error
  return {
    product,
    app: owner?.app,
    // A PID that counts elsewhere is worth saying, together with where that is.
    pid: error.pid ?? owner?.pid,
    program: owner?.exec_path ?? holder?.program,
    version: owner?.version,
    startedAt: owner?.started_at,
    host: owner?.host,
    isOtherUser: isOtherUser(error),
    isIdentified: holder?.hasLock === true,
    place: foreign === undefined ? 'here' : foreign === 'host' ? 'other-host' : 'other-pid-namespace',
    dir,
  }
}

/** Whether the owner, or the socket that it names, belongs to another user. The launch does not go there then. */
export function isOtherUser({ owner, holder }: DataDirLockedError): boolean {
  const own = process.geteuid?.()
  if (own === undefined) return false
  const uids = [holder?.uid, owner?.uid, owner?.endpoint ? socketUser(owner.endpoint) : undefined]
  return uids.some((uid) => uid !== undefined && uid !== own)
}

function socketUser(endpoint: string): number | undefined {
  try {
    return lstatSync(endpoint, { throwIfNoEntry: false })?.uid
  } catch {
    // In a folder that this user may not enter. The hand-off does not trust it either.
    return userOf(dirname(endpoint))
  }
}

function userOf(folder: string): number | undefined {
  try {
    return lstatSync(folder).uid
  } catch {
    return undefined
  }
}
