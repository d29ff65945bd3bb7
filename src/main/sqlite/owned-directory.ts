import { resolve } from 'node:path'
import { checkDir, type DataDirectory, prepareDataDirectory } from '../directory/data-directory.ts'
import { checkName, databasePathIn, defaultName, isLockSkipped } from '../directory/names.ts'
import type { WarningDelay } from '../directory/warnings.ts'
import { type LockOptions, type LockReference, prepareToLock, takeLock } from '../lock/data-dir-lock.ts'
import { throwIfCanceled } from './errors/open-errors.ts'
import type { OpenOptions } from './open-options.ts'

/** A data directory that is prepared, and locked unless the skip variable is set. */
export interface OwnedDirectory {
  readonly directory: DataDirectory
  readonly name: string
  readonly lock: LockReference | undefined
}

/**
 * Prepares a data directory and takes its lock, for options that were checked.
 *
 * @throws {MigrationAbortedError} when the signal has aborted, before anything is touched.
 */
export function lockToOpen(
  options: LockOptions & WarningDelay & Pick<OpenOptions, 'signal'>,
): OwnedDirectory {
  const { dir, name = defaultName, signal } = options
  throwIfCanceled(databasePathIn(resolve(checkDir(dir)), checkName(name)), signal)
  if (isLockSkipped(name)) return { directory: prepareDataDirectory(dir), name, lock: undefined }
  const directory = prepareToLock(dir, name)
  return { directory, name, lock: takeLock(directory, name, options) }
}
