export { DataDirError, InvalidOptionError } from '../shared/data-dir-error.ts'
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
export {
  AlreadyOpenError,
  DataDirLockedError,
  DataDirUnusableError,
  LockLostError,
  LockUnsupportedError,
  type UnusableReason,
} from './lock/errors.ts'
export type { Holder } from './lock/holder.ts'
export type { OwnerRecord, OwnerState } from './lock/owner-record.ts'
export { readOwner } from './lock/read-owner.ts'
export {
  DatabaseNewerError,
  DatabaseOpenError,
  MigrationFailedError,
  NotADatabaseError,
} from './sqlite/errors.ts'
export type { Migrations } from './sqlite/migrations.ts'
export { type ConnectOptions, connect, type Pool, release, resetPools } from './sqlite/pool.ts'
