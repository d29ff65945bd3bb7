export { DataDirError, InvalidOptionError } from '../shared/data-dir-error.ts'
export type { DataDirWarning, OnWarning } from '../shared/data-dir-warning.ts'
export { type Claim, type ClaimOptions, claim } from './claim.ts'
export { type ClaimDataDirOptions, claimDataDir, type DataDirClaim } from './electron/claim-data-dir.ts'
export type { HeldCase } from './electron/held/held-case.ts'
export type { HeldWords } from './electron/held/held-words.ts'
export type { HeldChoice, HeldInfo, OnHeld } from './electron/held/on-held.ts'
export { launchOf } from './electron/launch.ts'
export { relaunch } from './electron/relaunch.ts'
export type { Launch, LaunchOutcome } from './handoff/protocol.ts'
export {
  acquireDataDirLock,
  type DataDirLock,
  type LockOptions,
} from './lock/data-dir-lock.ts'
export type { DirectoryChecks, FilesystemPolicy } from './lock/directory-checks.ts'
export {
  AlreadyOpenError,
  DataDirLockedError,
  DataDirUnusableError,
  type LockFileFate,
  LockLostError,
  LockUnsupportedError,
  type UnusableReason,
} from './lock/errors.ts'
export { type Filesystem, type FilesystemKind, filesystemOf } from './lock/filesystem.ts'
export type { Holder } from './lock/holder.ts'
export type { OwnerProgress, OwnerRecord, OwnerState } from './lock/owner-record.ts'
export { identityOf, isSameProcess, type ProcessIdentity } from './lock/process-identity.ts'
export { readOwner } from './lock/read-owner.ts'
export { type WaitOptions, waitForRelease } from './lock/wait-for-release.ts'
export type { ForeignPid } from './lock/who-owns.ts'
export { type WithLockOptions, withDataDirLock } from './lock/with-data-dir-lock.ts'
export {
  DatabaseNewerError,
  DatabaseOpenError,
  MigrationFailedError,
  NotADatabaseError,
} from './sqlite/errors.ts'
export type { Migrations } from './sqlite/migrations.ts'
export { type ConnectOptions, connect, type Pool, release, resetPools } from './sqlite/pool.ts'
