export { DataDirError, InvalidOptionError } from '../shared/data-dir-error.ts'
export type { DataDirWarning, OnWarning } from '../shared/data-dir-warning.ts'
export type { OwnerProgress, OwnerState } from '../shared/owner-activity.ts'
export type { FailureKind } from '../shared/system-failure.ts'
export { type Claim, type ClaimOptions, claim } from './claim/claim.ts'
export type { AnySchema, DatabaseOption, DatabaseOptions } from './claim/database-option.ts'
export {
  type ElsewhereOwner,
  HeldElsewhereError,
  heldElsewhere,
  NoDatabaseError,
  StoreLostError,
} from './claim/errors.ts'
export type { OpenContext, OpenProgress, StoreOptions } from './claim/store.ts'
export {
  DataDirUnusableError,
  LockUnsupportedError,
  type UnusableReason,
} from './directory/errors.ts'
export { type Filesystem, type FilesystemKind, filesystemOf } from './directory/filesystem.ts'
export type { DirectoryChecks, FilesystemPolicy } from './directory/warnings.ts'
export type { Launch, LaunchOutcome } from './handoff/messages/protocol.ts'
export {
  acquireDataDirLock,
  type DataDirLock,
  type LockOptions,
} from './lock/data-dir-lock.ts'
export { AlreadyOpenError, DataDirLockedError, type LockFileFate, LockLostError } from './lock/errors.ts'
export { type WaitOptions, waitForRelease } from './lock/wait-for-release.ts'
export { type WithLockOptions, withDataDirLock } from './lock/with-data-dir-lock.ts'
export type { Holder } from './owner/holder.ts'
export type { OwnerRecord } from './owner/owner-record.ts'
export { readOwner } from './owner/owner-record-file.ts'
export { identityOf, isSameProcess, type ProcessIdentity } from './owner/process-identity.ts'
export type { ForeignPid } from './owner/who-owns.ts'
export {
  NativeModuleError,
  PackageMissingError,
  ThreadFileMissingError,
  WorkerThreadError,
} from './runtime/errors.ts'
export type { NativeFailure, NativeModule } from './runtime/runtime.ts'
export {
  type DrizzleBatchCallback,
  type DrizzleCallback,
  type DrizzleDatabase,
  type DrizzleMethod,
  type DrizzleQuery,
  type DrizzleRows,
  drizzleMigrator,
  drizzleOn,
} from './sqlite/adapters/drizzle.ts'
export { type KnexFunction, knexClient } from './sqlite/adapters/knex.ts'
export type { PoolLease, RawPool, RawQueries } from './sqlite/adapters/raw-queries.ts'
export type { BackupOptions, BackupProgress } from './sqlite/backup/backup.ts'
export type { KeepBackups } from './sqlite/backup/backup-folder.ts'
export type { BackupResult } from './sqlite/backup/check-backup.ts'
export type { Damage, DamageChoice, DamageKind, OnDamaged } from './sqlite/damaged.ts'
export * from './sqlite/errors/backup-errors.ts'
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
} from './sqlite/errors/open-errors.ts'
export * from './sqlite/errors/query-errors.ts'
export * from './sqlite/errors/setup-errors.ts'
export type { Backup, BackupKind } from './sqlite/files/backup-files.ts'
export type { BatchResults, Query } from './sqlite/kysely/typed-queries.ts'
export type { RawParameters, RawResult } from './sqlite/links/jobs.ts'
export type { QueryLimits } from './sqlite/links/query-limits.ts'
export type { Migration, MigrationProgress, Migrations } from './sqlite/migrations/migrations.ts'
export type { BackupFailedChoice, OnBackupFailed } from './sqlite/migrations/migrations-backup.ts'
export type { ConnectionOptions } from './sqlite/open/connection-options.ts'
export type { ConnectionFacts } from './sqlite/open/connector.ts'
export { type ConnectOptions, connect, type Pool, release, resetPools } from './sqlite/pool.ts'
export type { Restored } from './sqlite/repair/restore.ts'
export { type RestoreOptions, restoreNewestBackup } from './sqlite/restore-newest-backup.ts'
export type { PinnedLogWarning, PoolOptions, SlowQuery } from './sqlite/scheduling/pool-options.ts'
export type { ConnectionStats, PoolStats } from './sqlite/scheduling/pool-stats.ts'
export type { IntegerPolicy } from './sqlite/wire/protocol.ts'
