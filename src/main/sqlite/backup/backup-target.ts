import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { attempt } from '../../../shared/attempt.ts'
import { InvalidOptionError } from '../../../shared/data-dir-error.ts'
import { isSameFile } from '../../directory/data-directory.ts'
import { refuseOntoItself } from './backup.ts'

// NAME.lock and NAME.db, and what SQLite and this package put beside them.
const besideLock =
  /^([a-z][\w-]{0,31})\.(?:lock|soc[k~]|owner\.json(?:\.new)?|token-\d+|backups|rescued-.+|db(?:-.+|\.(?:damaged|set-aside|partial)-.+)?)$/i
const guard = /^(?:datadir\.guard|\.datadir-guard)$/i
/** The names that `backup-folder.ts` gives. */
const inBackups = /^(?:\d{6,}-)?\d{4}-\d\d-\d\dT.+\.db(?:\.partial-.+)?$/i

/**
 * Refuses to put a backup onto a file of a data directory: the database's log, a lock, another name's database.
 *
 * @param to may be a symbolic link to such a file, or a hard link of one beside the database.
 * @throws {InvalidOptionError}
 */
export function refuseOwnFiles(databasePath: string, to: string): void {
  refuseOntoItself(databasePath, to)
  const home = pathOf(dirname(databasePath))
  const folder = pathOf(dirname(to))
  const isOwn =
    (folder !== undefined && isOwnPath(join(folder, basename(to)), databasePath, home)) ||
    isOwnPath(pathOf(to) ?? '', databasePath, home) ||
    isLinkedTo(to, databasePath, home)
  if (isOwn)
    throw new InvalidOptionError(
      'to',
      `${to} is a file that a data directory needs.`,
      'Give the backup a path of its own.',
    )
}

/** @returns the real path; undefined if there is none. The backup then reports the error. */
function pathOf(path: string): string | undefined {
  return attempt(() => realpathSync.native(path))
}

function isOwnPath(path: string, databasePath: string, home: string | undefined): boolean {
  const [folder, file] = [dirname(path), basename(path)]
  if (guard.test(file) || guard.test(basename(folder))) return true
  const name = besideLock.exec(file)?.[1]
  if (name !== undefined) return isInUse(folder, name, databasePath, home)
  const stem = /^(.+)\.backups$/i.exec(basename(folder))?.[1]
  return stem !== undefined && inBackups.test(file) && isInUse(dirname(folder), stem, databasePath, home)
}

/** Whether a folder is the data directory of a name: this name in upper or lower case, or a name that was opened there. */
function isInUse(folder: string, name: string, databasePath: string, home: string | undefined): boolean {
  const isThis = folder === home && `${name}.db`.toLowerCase() === basename(databasePath).toLowerCase()
  return isThis || existsSync(join(folder, `${name}.lock`))
}

function isLinkedTo(to: string, databasePath: string, home: string | undefined): boolean {
  const target = statSync(to, { bigint: true, throwIfNoEntry: false })
  if (home === undefined || !target || target.nlink < 2n) return false
  return readdirSync(home).some((file) => {
    const path = join(home, file)
    const found =
      isOwnPath(path, databasePath, home) && statSync(path, { bigint: true, throwIfNoEntry: false })
    return found && isSameFile(found, target)
  })
}
