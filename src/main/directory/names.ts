import { join, sep } from 'node:path'
import { InvalidOptionError } from '../../shared/data-dir-error.ts'

/** The name of a data directory whose app chooses none. */
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

/**
 * Returns the path of a file in a folder. `join` would normalize the folder's path again, letter by letter.
 *
 * @param dir a normal path, of which only that of a root ends with a separator.
 */
export function pathIn(dir: string, file: string): string {
  return dir.endsWith(sep) ? dir + file : dir + sep + file
}

/** Returns the path of the lock file. */
export function lockPathIn(dir: string, name: string): string {
  return pathIn(dir, `${name}.lock`)
}

/** Returns the path of the database. */
export function databasePathIn(dir: string, name: string): string {
  return join(dir, `${name}.db`)
}

/** Returns the environment variable that skips the lock: `notes` gives `NOTES_SKIP_DATADIR_LOCK`. */
export function skipVariableOf(name: string): string {
  return `${name.toUpperCase().replaceAll('-', '_')}_SKIP_DATADIR_LOCK`
}

// The values that Go's strconv.ParseBool accepts as true: pkg.go.dev/strconv#ParseBool
const trueValues = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])

/**
 * Whether the user has chosen to go without the lock, for a filesystem that has none.
 *
 * @param name the data directory's name; the variable is `NAME_SKIP_DATADIR_LOCK`.
 * @returns true for exactly `1 t T TRUE true True`. With any other value, also `yes`, the lock is taken.
 */
export function isLockSkipped(name: string, env: NodeJS.ProcessEnv = process.env): boolean {
  return trueValues.has(env[skipVariableOf(name)] ?? '')
}
