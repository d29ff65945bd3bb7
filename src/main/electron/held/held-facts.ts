import type { DataDirLockedError } from '../../lock/errors.ts'
import type { HeldFacts } from './held-case.ts'
import { type IdentifiedOwner, placeOf } from './process-identity.ts'

/** What the kernel and the owner record tell about the owner. */
export function factsOf({ owner, holder, pid, dir }: DataDirLockedError, product: string): HeldFacts {
  const record: IdentifiedOwner | undefined = owner
  return {
    product,
    app: record?.app,
    pid,
    program: record?.exec_path ?? holder?.program,
    version: record?.version,
    startedAt: record?.started_at,
    host: record?.host,
    place: record ? placeOf(record) : 'here',
    dir,
  }
}
