import type { DataDirLockedError } from '../../lock/errors.ts'
import type { HeldFacts } from './held-case.ts'

/** What the kernel and the owner record tell about the owner. */
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
    isOtherUser: owner?.uid !== undefined && owner.uid !== process.geteuid?.(),
    isIdentified: holder?.hasLock === true,
    place: foreign === undefined ? 'here' : foreign === 'host' ? 'other-host' : 'other-pid-namespace',
    dir,
  }
}
