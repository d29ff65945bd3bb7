import { betterSqlite3 } from '../native/better-sqlite3.ts'
import { NativeModuleError } from '../native/errors.ts'
import type { NativeFailure, NativeModule } from '../native/runtime.ts'
import {
  BackupFailedError,
  type BackupFailure,
  NoBackupError,
  RestoreFailedError,
  type RestoreFailure,
} from './backup-errors.ts'

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
  | {
      readonly kind: 'restore'
      readonly path: string
      readonly backupPath: string
      readonly reason: RestoreFailure
      readonly cause: CarriedError
    }
  | { readonly kind: 'no-backup'; readonly path: string }
  | {
      readonly kind: 'native-module'
      readonly module: NativeModule
      readonly failure: NativeFailure
      readonly cause: string
    }
  | { readonly kind: 'sqlite' | 'system'; readonly message: string; readonly code: string }
  | { readonly kind: 'other'; readonly message: string }

export function carried(error: unknown): CarriedError {
  if (error instanceof BackupFailedError) {
    const { path, reason, missingBytes } = error
    const cause = error.cause === undefined ? undefined : carried(error.cause)
    return { kind: 'backup', path, reason, missingBytes, cause }
  }
  if (error instanceof RestoreFailedError) {
    const { path, backupPath, reason } = error
    return { kind: 'restore', path, backupPath, reason, cause: carried(error.cause) }
  }
  if (error instanceof NoBackupError) return { kind: 'no-backup', path: error.path }
  // Before the question below, which would need better-sqlite3.
  if (error instanceof NativeModuleError) {
    const { module, failure, cause } = error
    return { kind: 'native-module', module, failure, cause: messageOf(cause) }
  }
  if (!(error instanceof Error)) return { kind: 'other', message: String(error) }
  const { message, code } = error as Error & { code?: unknown }
  if (typeof code !== 'string') return { kind: 'other', message }
  return { kind: error instanceof betterSqlite3().SqliteError ? 'sqlite' : 'system', message, code }
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
    case 'restore':
      return new RestoreFailedError(error.path, error.backupPath, error.reason, revived(error.cause))
    case 'no-backup':
      return new NoBackupError(error.path)
    case 'native-module':
      return new NativeModuleError(error.module, error.failure, new Error(error.cause))
    case 'sqlite':
      return new (betterSqlite3().SqliteError)(error.message, error.code)
    case 'system':
      return Object.assign(new Error(error.message), { code: error.code })
    case 'other':
      return new Error(error.message)
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
