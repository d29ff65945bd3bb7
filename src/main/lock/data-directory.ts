import { lstatSync, mkdirSync, realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { InvalidOptionError } from '../../shared/data-dir-error.ts'
import { DataDirUnusableError } from './errors.ts'

/** A data directory, told apart by what it is and not by how its path is spelled. */
export interface DataDirectory {
  /** Real path: absolute, symbolic links resolved. */
  readonly path: string
  /** Device and inode; equal for every alias of the same directory. */
  readonly id: string
}

/**
 * Creates the data directory where it is missing (mode 0700, its missing parents too) and identifies it.
 *
 * @param dir any spelling of its path; relative paths are taken from the current directory.
 * @throws {InvalidOptionError} for an empty path.
 * @throws {DataDirUnusableError} when it cannot be created, or something else is at that path.
 */
export function prepareDataDirectory(dir: string): DataDirectory {
  if (typeof dir !== 'string' || dir === '') {
    throw new InvalidOptionError('dir', 'The data directory has no path.', 'Give `dir` the path of a folder.')
  }
  const path = resolve(dir)
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return identify(path)
  } catch (error) {
    throw new DataDirUnusableError(path, error as NodeJS.ErrnoException)
  }
}

/**
 * Identifies a data directory without creating it.
 *
 * @returns undefined where there is no such directory.
 */
export function findDataDirectory(dir: string): DataDirectory | undefined {
  const path = resolve(dir)
  return lstatSync(path, { throwIfNoEntry: false }) && identify(path)
}

function identify(path: string): DataDirectory {
  // The native form also settles the case of letters on a case-insensitive volume.
  const real = realpathSync.native(path)
  const { dev, ino } = statSync(real, { bigint: true })
  return { path: real, id: `${dev}:${ino}` }
}
