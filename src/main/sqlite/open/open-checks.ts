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
import { attempt } from '../../../shared/attempt.ts'
import { isSameFile } from '../../directory/data-directory.ts'
import { filesOf } from '../errors/causes.ts'
import { DatabaseLinkedError, DatabaseNewerError, DatabaseReplacedError } from '../errors/open-errors.ts'
import { listRescued, readBackups } from '../files/backup-files.ts'
import { readCheckpointRecord, recordSuffix } from '../files/checkpoint-record.ts'
import { fileIdAt } from '../files/database-files.ts'
import { readLogFrames } from '../files/file-format.ts'

/** Whether the database is missing, or has no bytes. SQLite would fill either like a new file. */
export function isMissingOrEmpty(databasePath: string): boolean {
  return (statSync(databasePath, { throwIfNoEntry: false })?.size ?? 0) === 0
}

/**
 * Lists what shows that a missing or empty database was used before. What is older than the user's choice to start empty
 * does not count.
 *
 * @returns the paths of backups, of rescued files, of a log with a committed frame, and of the checkpoint record.
 */
export function tracesOfUse(databasePath: string): string[] {
  const record = readCheckpointRecord(databasePath)
  const startedEmptyAt = record?.phase === 'empty' ? record.at : Number.NEGATIVE_INFINITY
  // A folder that cannot be read shows nothing. The code that needs the folder later reports the reason.
  const backups = attempt(() => readBackups(databasePath)) ?? []
  const copies = [...listRescued(databasePath), ...backups]
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

function hasCommittedFrame(log: string): boolean {
  // Most starts without a database have no log either.
  if (isMissingOrEmpty(log)) return false
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
  // SQLite opens none of these through a link, but does not say why.
  for (const file of filesOf(path)) refuseSymbolicLink(file)
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  // The links of a folder are its own folders. SQLite refuses a folder and says why.
  if (!stats?.isFile() || stats.nlink === 1n) return
  if (stats.nlink > 1n + BigInt(countNamesAside(path, stats))) throw new DatabaseLinkedError(path, 'hard')
}

function refuseSymbolicLink(path: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return
  throw new DatabaseLinkedError(path, 'symbolic', resolve(dirname(path), readlinkSync(path)))
}

/** A restore that was killed in the middle leaves the database with two names: `NAME.db` and `NAME.db.damaged-TIME`. */
function countNamesAside(path: string, stats: BigIntStats): number {
  const [folder, prefix] = [dirname(path), `${basename(path)}.`]
  return readdirSync(folder).filter((name) => {
    if (!name.startsWith(prefix)) return false
    const other = lstatSync(join(folder, name), { bigint: true, throwIfNoEntry: false })
    return other !== undefined && isSameFile(other, stats)
  }).length
}

/**
 * Refuses a connection to another file than the one that this process already has open under the path. Call it when the
 * connection is open and has read nothing.
 *
 * At the first read, SQLite would treat the connection as the first one in this process that uses `-shm`, and would
 * begin the shared memory again. The connections to the old file use the same memory: commits are lost in it, or the
 * process ends with SIGBUS.
 *
 * @param fileId the file that is open; undefined if none is.
 * @throws {DatabaseReplacedError}
 */
export function refuseOtherFile(path: string, fileId: string | undefined): void {
  if (fileId === undefined) return
  const present = fileIdAt(path)
  if (present === fileId) return
  throw new DatabaseReplacedError(path, present ? 'replaced' : 'removed', Promise.resolve(undefined))
}

// Kysely's own default, which a database of this package keeps: kysely-org.github.io/kysely-apidoc.
const migrationTable = 'kysely_migration'

/**
 * Refuses a database with migrations that this app does not have. It only reads, and does not use Kysely: the threads
 * that open connections start without Kysely.
 *
 * @param known the names of the migrations that this app has.
 * @throws {DatabaseNewerError} with the names of the others.
 */
export function refuseNewerDatabase(connection: Database, path: string, known: readonly string[]): void {
  const unknown = madeMigrations(connection).filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new DatabaseNewerError(path, unknown)
}

/** The names of the migrations that have run in a database, in the order in which they ran. */
export function madeMigrations(connection: Database): string[] {
  const hasTable = connection
    .prepare("select 1 from sqlite_master where type = 'table' and name = ?")
    .get(migrationTable)
  if (!hasTable) return []
  const names = connection.prepare(`select name from ${migrationTable} order by timestamp, name`).pluck()
  return names.all() as string[]
}
