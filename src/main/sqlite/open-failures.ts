import { DataDirError } from '../../shared/data-dir-error.ts'
import { systemFailureIn } from '../../shared/system-failure.ts'
import { BackupFailedError, NoBackupError } from './errors/backup-errors.ts'
import { factsOfOpening } from './errors/failure-facts.ts'
import { DatabaseOpenError } from './errors/open-errors.ts'
import { backupFolderOf } from './files/backup-names.ts'

/**
 * Asks whether to try again when another program keeps the database locked. The lock of the data directory is held
 * meanwhile.
 */
export type OnBusy = (error: DataDirError) => Promise<boolean>

/** Opens a database again as long as another program keeps it locked and the answer is to try again. */
export async function retryWhileBusy<Opened>(
  onBusy: OnBusy | undefined,
  open: () => Promise<Opened>,
): Promise<Opened> {
  for (;;) {
    try {
      return await open()
    } catch (error) {
      if (!onBusy || !isBusyFailure(error) || !(await onBusy(error))) throw error
    }
  }
}

function isBusyFailure(error: unknown): error is DataDirError {
  return error instanceof DataDirError && systemFailureIn(error)?.kind === 'busy'
}

/** Distinguishes errors that the app's own callbacks throw from every other error of an open. */
export class CallbackErrors {
  readonly #thrown = new Set<unknown>()

  /** The same callback. What it throws is remembered. */
  watch<Arguments extends readonly unknown[], Result>(
    callback: (...args: Arguments) => Result,
  ): (...args: Arguments) => Result {
    return (...args) => {
      try {
        const result = callback(...args)
        if (result instanceof Promise) result.catch((error: unknown) => this.#thrown.add(error))
        return result
      } catch (error) {
        this.#thrown.add(error)
        throw error
      }
    }
  }

  has(error: unknown): boolean {
    return this.#thrown.has(error)
  }
}

/** The error of an open: this package's own, or what a callback of the app threw. */
export function openErrorFor(path: string, error: unknown, callbacks: CallbackErrors): unknown {
  if (error instanceof DataDirError || callbacks.has(error)) return error
  return new DatabaseOpenError(path, error, factsOfOpening(path, error))
}

/** The error of the backup before a migration. Its folder may be something else, or belong to another user. */
export function backupErrorFor(databasePath: string, error: unknown): unknown {
  if (error instanceof DataDirError && !(error instanceof NoBackupError)) return error
  const cause = error instanceof NoBackupError ? error.cause : error
  return systemFailureIn(cause) ? new BackupFailedError(backupFolderOf(databasePath), 'failed', cause) : error
}
