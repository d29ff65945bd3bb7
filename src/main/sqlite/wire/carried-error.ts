import type { Holder } from '../../owner/holder.ts'
import { betterSqlite3 } from '../../runtime/better-sqlite3.ts'
import { NativeModuleError } from '../../runtime/errors.ts'
import type { NativeFailure, NativeModule } from '../../runtime/runtime.ts'
import {
  BackupFailedError,
  type BackupFailure,
  NoBackupError,
  RestoreFailedError,
} from '../errors/backup-errors.ts'
import { holderIn } from '../errors/causes.ts'

/** An error on its way from one thread to another; structured clone alone would keep its message only. */
export type CarriedError =
  | {
      readonly kind: 'backup'
      readonly path: string
      readonly reason: BackupFailure
      /** undefined if there is none. */
      readonly cause: CarriedError | undefined
      readonly missingBytes: number | undefined
    }
  | { readonly kind: 'no-backup'; readonly path: string; readonly cause: CarriedError | undefined }
  | {
      readonly kind: 'restore'
      readonly path: string
      readonly backupPath: string
      readonly cause: CarriedError
    }
  | {
      readonly kind: 'native-module'
      readonly module: NativeModule
      readonly failure: NativeFailure
      readonly cause: string
    }
  | {
      readonly kind: 'sqlite' | 'system'
      readonly message: string
      readonly code: string
      /** The file that the system names. */
      readonly path: string | undefined
      readonly holder: Holder | undefined
    }
  | { readonly kind: 'other'; readonly message: string }

export function carried(error: unknown): CarriedError {
  if (error instanceof BackupFailedError) {
    const { path, reason, missingBytes } = error
    const cause = error.cause === undefined ? undefined : carried(error.cause)
    return { kind: 'backup', path, reason, missingBytes, cause }
  }
  if (error instanceof NoBackupError) {
    return { kind: 'no-backup', path: error.path, cause: error.cause ? carried(error.cause) : undefined }
  }
  if (error instanceof RestoreFailedError) {
    const { path, backupPath, cause } = error
    return { kind: 'restore', path, backupPath, cause: carried(cause) }
  }
  // Before the question below, which would need better-sqlite3.
  if (error instanceof NativeModuleError) {
    const { module, failure, cause } = error
    return { kind: 'native-module', module, failure, cause: messageOf(cause) }
  }
  if (!(error instanceof Error)) return { kind: 'other', message: String(error) }
  const { message, code, path } = error as Error & { code?: unknown; path?: unknown }
  if (typeof code !== 'string') return { kind: 'other', message }
  const kind = error instanceof betterSqlite3().SqliteError ? 'sqlite' : 'system'
  const named = typeof path === 'string' ? path : undefined
  return { kind, message, code, path: named, holder: holderIn(error) }
}

export function revived(error: CarriedError): Error {
  switch (error.kind) {
    case 'backup':
      return new BackupFailedError(
        error.path,
        error.reason,
        error.cause && revived(error.cause),
        error.missingBytes,
      )
    case 'no-backup':
      return new NoBackupError(error.path, error.cause && revived(error.cause))
    case 'restore':
      return new RestoreFailedError(error.path, error.backupPath, revived(error.cause))
    case 'native-module':
      return new NativeModuleError(error.module, error.failure, new Error(error.cause))
    case 'sqlite':
      return withHolder(new (betterSqlite3().SqliteError)(error.message, error.code), error.holder)
    case 'system':
      return Object.assign(new Error(error.message), {
        code: error.code,
        ...(error.path !== undefined && { path: error.path }),
      })
    case 'other':
      return new Error(error.message)
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

/** An error of SQLite with the process that keeps the database locked. */
export function withHolder<E extends Error>(error: E, holder: Holder | undefined): E {
  return holder ? Object.assign(error, { holder }) : error
}
