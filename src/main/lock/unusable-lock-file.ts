import { lstatSync, type Stats } from 'node:fs'
import { accessFailureOf, DataDirUnusableError } from '../directory/errors.ts'

/**
 * Why a lock file cannot be used, which the system's error does not always tell: what else may have its name is looked
 * at.
 *
 * @param cause the system's error, where there is one: a pipe is opened and locked without.
 */
export function unusableLockFile(path: string, cause?: NodeJS.ErrnoException): DataDirUnusableError {
  return new DataDirUnusableError(path, cause, {
    use: 'lock file',
    found: strangerAt(path),
    access: accessFailureOf([path]),
  })
}

function strangerAt(path: string): string | undefined {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    return stats && !stats.isFile() ? `there is ${describe(stats)} of that name` : undefined
  } catch {
    // Not to be looked at: then the system's error says why, and better.
    return undefined
  }
}

function describe(stats: Stats): string {
  if (stats.isSymbolicLink()) return 'a symbolic link'
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a pipe'
  return stats.isSocket() ? 'a socket' : 'a device'
}
