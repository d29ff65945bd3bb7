export { DataDirError, InvalidOptionError } from '../shared/data-dir-error.ts'
export type { DataDirWarning, OnWarning } from '../shared/data-dir-warning.ts'
export type { Remote, Result } from '../shared/operations.ts'
export type { OwnerProgress, OwnerState } from '../shared/owner-activity.ts'
export type { FailureKind } from '../shared/system-failure.ts'
export { type Claim, type ClaimOptions, claim } from './claim.ts'
export { claimDataDir } from './electron/claim-data-dir.ts'
export type { ClaimDataDirOptions } from './electron/claim-data-dir-options.ts'
export type { DataDirClaim } from './electron/data-dir-claim.ts'
export type { HeldCase } from './electron/held/held-case.ts'
export type { HeldWords } from './electron/held/held-words.ts'
export type { HeldChoice, HeldInfo, OnHeld } from './electron/held/on-held.ts'
export { launchOf } from './electron/launch.ts'
export { relaunch } from './electron/relaunch.ts'
export {
  type OperationHandlers,
  type ServeOptions,
  serveOperations,
} from './electron/serve-operations.ts'
export type { Launch, LaunchOutcome } from './handoff/protocol.ts'
export {
  acquireDataDirLock,
  type DataDirLock,
  type LockOptions,
} from './lock/data-dir-lock.ts'
export type { DirectoryChecks, FilesystemPolicy } from './lock/directory-checks.ts'
export { AlreadyOpenError, DataDirLockedError, type LockFileFate, LockLostError } from './lock/errors.ts'
export { type Filesystem, type FilesystemKind, filesystemOf } from './lock/filesystem.ts'
export type { Holder } from './lock/holder.ts'
export type { OwnerRecord } from './lock/owner-record.ts'
export { identityOf, isSameProcess, type ProcessIdentity } from './lock/process-identity.ts'
export { readOwner } from './lock/read-owner.ts'
export { DataDirUnusableError, LockUnsupportedError, type UnusableReason } from './lock/unusable-error.ts'
export { type WaitOptions, waitForRelease } from './lock/wait-for-release.ts'
export type { ForeignPid } from './lock/who-owns.ts'
export { type WithLockOptions, withDataDirLock } from './lock/with-data-dir-lock.ts'
export { NativeModuleError, WorkerThreadError } from './native/errors.ts'
export type { NativeFailure, NativeModule } from './native/runtime.ts'
export type { BackupOptions, BackupProgress } from './sqlite/backup.ts'
export {
  BackupFailedError,
  type BackupFailure,
  DatabaseInUseError,
  NoBackupError,
  RestoreFailedError,
} from './sqlite/backup-errors.ts'
export type { Backup, BackupKind } from './sqlite/backup-names.ts'
export type { BackupResult } from './sqlite/backup-seal.ts'
export type { Damage, DamageChoice, DamageKind, OnDamaged } from './sqlite/damaged.ts'
export {
  DatabaseLinkedError,
  type DatabaseMismatch,
  DatabaseMismatchError,
  DatabaseMissingError,
  DatabaseNewerError,
  DatabaseOpenError,
  type DatabaseOpenReason,
  DatabaseReplacedError,
  MigrationAbortedError,
  MigrationFailedError,
  MigrationOrderError,
  NotADatabaseError,
  type ReplacedFate,
  SqliteTooOldError,
} from './sqlite/errors.ts'
export type { KeepBackups } from './sqlite/kept-backups.ts'
export type { MigrationProgress, Migrations } from './sqlite/migrations.ts'
export type { BackupFailedChoice, OnBackupFailed } from './sqlite/migrations-backup.ts'
export { type ConnectOptions, connect, type Pool, release, resetPools } from './sqlite/pool.ts'
export type { PinnedLogWarning, PoolOptions, SlowQuery } from './sqlite/pool-options.ts'
export type { ConnectionStats, PoolStats } from './sqlite/pool-stats.ts'
export type { IntegerPolicy } from './sqlite/protocol.ts'
export {
  type AbortOutcome,
  ConnectionReleasedError,
  IntegerRangeError,
  InvalidParameterError,
  NestedQueryError,
  PoolBusyError,
  PoolClosedError,
  QueryAbortedError,
  ResultTooLargeError,
  StatementRefusedError,
  StreamingError,
  TransactionLostError,
  WorkerLostError,
} from './sqlite/query-errors.ts'
export type { QueryLimits } from './sqlite/query-limits.ts'
export type { Restored } from './sqlite/restore.ts'
export { type RestoreOptions, restoreNewestBackup } from './sqlite/restore-newest-backup.ts'
export type { BatchResults, Query } from './sqlite/typed-queries.ts'
export { ThreadFileMissingError } from './threads/errors.ts'
