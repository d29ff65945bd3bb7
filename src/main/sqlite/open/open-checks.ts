import {
  type BigIntStats,
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { Database } from 'better-sqlite3'
import { isSameFile } from '../../directory/data-directory.ts'
import { DatabaseLinkedError, DatabaseNewerError, DatabaseReplacedError } from '../errors/open-errors.ts'
import { type Backup, listRescued, readBackups } from '../files/backup-files.ts'
import { readRecord, recordSuffix } from '../files/checkpoint-record.ts'
import { fileIdOf } from '../files/database-files.ts'
import { readLogFrames } from '../files/file-format.ts'

/** Whether there is nothing at the database's path that SQLite would not fill like a new file. */
export function isMissingOrEmpty(databasePath: string): boolean {
  return (statSync(databasePath, { throwIfNoEntry: false })?.size ?? 0) === 0
}

/**
 * What shows that a database that is missing or empty was used before. What is older than the user's choice to start
 * empty does not count.
 *
 * @returns paths: of backups, of rescued files, of a log with a committed frame, of the checkpoint record.
 */
export function tracesOfUse(databasePath: string): string[] {
  const record = readRecord(databasePath)
  const startedEmptyAt = record?.phase === 'empty' ? record.at : Number.NEGATIVE_INFINITY
  const copies = [...listRescued(databasePath), ...readableBackups(databasePath)]
    .filter(({ madeAt }) => madeAt.getTime() > startedEmptyAt)
    .map(({ path }) => path)
  const log = `${databasePath}-wal`
  const wasUsed = record !== undefined && record.phase !== 'empty' && record.database.size > 0
  return [
    ...copies,
    ...(hasCommittedFrame(log) ? [log] : []),
    ...(wasUsed ? [databasePath + recordSuffix] : []),
  ]
}

/** A folder that cannot be read shows nothing. What needs it later reports the reason. */
function readableBackups(databasePath: string): Backup[] {
  try {
    return readBackups(databasePath)
  } catch {
    return []
  }
}

function hasCommittedFrame(log: string): boolean {
  // Most starts without a database have no log either.
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) === 0) return false
  const fd = openSync(log, 'r')
  try {
    return readLogFrames(fd) !== undefined
  } finally {
    closeSync(fd)
  }
}

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

/**
 * Refuses a connection to another file than the one that this process already has open under the path. To be called when
 * the connection is open and has read nothing.
 *
 * With the first read, SQLite would take itself for the first one in this process that uses `-shm`, and would begin it
 * again. The connections to the old file share that memory: commits are lost in it, or the process ends with SIGBUS.
 *
 * @param fileId the file that is open; undefined if none is.
 * @throws {DatabaseReplacedError}
 */
export function refuseOtherFile(path: string, fileId: string | undefined): void {
  if (fileId === undefined) return
  const present = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (present && fileIdOf(present) === fileId) return
  throw new DatabaseReplacedError(path, present ? 'replaced' : 'removed', Promise.resolve(undefined))
}

// Kysely's own default, which a database of this package keeps: kysely-org.github.io/kysely-apidoc.
const migrationTable = 'kysely_migration'

/**
 * Refuses a database that knows migrations this app does not. Only reads, and without Kysely: the threads that open
 * connections start without it.
 *
 * @param known the names of the migrations that this app knows.
 * @throws {DatabaseNewerError} naming the others.
 */
export function refuseNewerDatabase(connection: Database, path: string, known: readonly string[]): void {
  const unknown = madeMigrations(connection).filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new DatabaseNewerError(path, unknown)
}

/** The names of the migrations that a database has gone through, in the order they were made. */
export function madeMigrations(connection: Database): string[] {
  const hasTable = connection
    .prepare("select 1 from sqlite_master where type = 'table' and name = ?")
    .get(migrationTable)
  if (!hasTable) return []
  const names = connection.prepare(`select name from ${migrationTable} order by timestamp, name`).pluck()
  return names.all() as string[]
}
