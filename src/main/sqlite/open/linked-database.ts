import { type BigIntStats, lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { isSameFile } from '../../directory/data-directory.ts'
import { DatabaseLinkedError } from '../errors/open-errors.ts'

/**
 * Refuses a database that another data directory may have too. The lock, the log and the backups go by names in one
 * directory, so a file that is reached from two directories would have two owners.
 *
 * @throws {DatabaseLinkedError} if the database or its log is a symbolic link, or if the database has another name than
 * its own and those under which this package sets it aside.
 */
export function refuseLinkedDatabase(path: string): void {
  // SQLite opens none of these three through a link, but does not say why.
  for (const companion of ['', '-wal', '-shm', '-journal']) refuseSymbolicLink(path + companion)
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  // A folder counts its own folders as links. SQLite refuses it and says why.
  if (!stats?.isFile() || stats.nlink === 1n) return
  if (stats.nlink > 1n + BigInt(namesAside(path, stats))) {
    throw new DatabaseLinkedError(path, 'hard')
  }
}

function refuseSymbolicLink(path: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return
  throw new DatabaseLinkedError(path, 'symbolic', resolve(dirname(path), readlinkSync(path)))
}

/** A restore that was killed in the middle leaves the database with two names: `NAME.db` and `NAME.db.damaged-TIME`. */
function namesAside(path: string, stats: BigIntStats): number {
  const [folder, prefix] = [dirname(path), `${basename(path)}.`]
  return readdirSync(folder).filter((name) => {
    if (!name.startsWith(prefix)) return false
    const other = lstatSync(join(folder, name), { bigint: true, throwIfNoEntry: false })
    return other !== undefined && isSameFile(other, stats)
  }).length
}
