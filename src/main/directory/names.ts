import { join } from 'node:path'
import { InvalidOptionError } from '../../shared/data-dir-error.ts'

/** The name used where an app chooses none. */
export const defaultName = 'app'

/**
 * Checks a name before it becomes part of file names and of an environment variable.
 *
 * @param name 1 to 32 letters, digits, `-` or `_`, starting with a letter.
 * @returns the same name.
 * @throws {InvalidOptionError} for anything else.
 */
export function checkName(name: string): string {
  if (/^[a-z][a-z0-9_-]{0,31}$/i.test(name)) return name
  throw new InvalidOptionError(
    'name',
    `${JSON.stringify(name)} cannot name the files of a data directory.`,
    'Use 1 to 32 letters, digits, "-" or "_", starting with a letter.',
  )
}

/** Where the advisory lock of `name` lives in `dir`. */
export function lockPathIn(dir: string, name: string): string {
  return join(dir, `${name}.lock`)
}

/** Where the database of `name` lives in `dir`. */
export function databasePathIn(dir: string, name: string): string {
  return join(dir, `${name}.db`)
}

/** The environment variable that skips the lock: `notes` gives `NOTES_SKIP_DATADIR_LOCK`. */
export function skipVariableOf(name: string): string {
  return `${name.toUpperCase().replaceAll('-', '_')}_SKIP_DATADIR_LOCK`
}
