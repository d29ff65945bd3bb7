import type { Findings } from './damage/find-damage.ts'
import {
  DatabaseMismatchError,
  DatabaseMissingError,
  DatabaseNewerError,
  NotADatabaseError,
  throwIfCanceled,
} from './errors/open-errors.ts'
import { ConnectionSetupError } from './errors/setup-errors.ts'
import type { Backup } from './files/backup-files.ts'
import type { FileTasks } from './repair/file-tasks.ts'

/**
 * What is wrong with a database:
 *
 * - `damaged`: the file is damaged, or it is no database;
 * - `index`: only indexes are damaged, which can be rebuilt from the rows;
 * - `missing`: the file is missing or empty, but there are traces of earlier use;
 * - `mismatch`: the file and its write-ahead log do not belong together;
 * - `newer`: a newer version of the app has migrated it.
 */
export type DamageKind = 'damaged' | 'index' | 'missing' | 'mismatch' | 'newer'

/**
 * What to do with a database that cannot be opened as it is. Nothing is deleted: files that are replaced are set aside
 * next to the database.
 *
 * - `keep`: change nothing. The open fails.
 * - `restore`: put a copy of the backup in the place of the database.
 * - `rebuild`: rebuild the damaged indexes.
 * - `use-database`: open the database file without the log that does not belong to it.
 * - `start-empty`: create a new, empty database.
 */
export type DamageChoice = 'keep' | 'restore' | 'rebuild' | 'use-database' | 'start-empty'

/** A database that cannot be opened as it is, and what can be done about it. */
export interface Damage {
  /** What is wrong with it. */
  readonly kind: DamageKind
  /** The file that cannot be opened. */
  readonly databasePath: string
  /** The reason, in SQLite's own words if SQLite found it. */
  readonly cause: unknown
  /** The error with which the open fails if the choice is `keep`. */
  readonly error: DamageError
  /** The newest backup that passes `quick_check` and that this version of the app can open. */
  readonly newestBackup: Backup | undefined
  /** What can be done. An answer that is not among them counts as `keep`. */
  readonly choices: readonly DamageChoice[]
}

const damageErrors = [NotADatabaseError, DatabaseMissingError, DatabaseMismatchError, DatabaseNewerError]

type DamageError = InstanceType<(typeof damageErrors)[number]>

/**
 * What to do with a database that cannot be opened as it is. `keep` changes nothing and the open fails. `restore`
 * rebuilds damaged indexes and restores a damaged or missing database from the newest backup. It leaves a `mismatch`
 * and a `newer` database as they are. A function is called only if there is more than one choice, and its result
 * decides.
 */
export type OnDamaged = 'keep' | 'restore' | ((damage: Damage) => DamageChoice | Promise<DamageChoice>)

/** The options of {@link openOrRestore}. */
interface DamageHandling {
  readonly onDamaged: OnDamaged
  readonly tasks: FileTasks
  /** The names of the migrations that this app has. A backup that has other migrations does not fit. */
  readonly migrations?: readonly string[]
  readonly signal?: AbortSignal | undefined
}

// A choice may uncover the next fault, for example if a log that is set aside was the only good part.
const attemptsAtMost = 4

/**
 * Opens a database. If it cannot be opened as it is and the choice is to change that, opens it again.
 *
 * @param open leaves no connection behind when it throws.
 * @throws {NotADatabaseError} {DatabaseMissingError} {DatabaseMismatchError} {DatabaseNewerError} with the newest backup
 * that can be restored, if there is one.
 * @throws {MigrationAbortedError} when the signal has aborted before the next step.
 */
export async function openOrRestore<Opened>(
  databasePath: string,
  handling: DamageHandling,
  open: () => Promise<Opened>,
): Promise<Opened> {
  let canRebuild = true
  for (let attempt = 1; ; attempt++) {
    try {
      return await open()
    } catch (error) {
      const fault = faultOf(databasePath, error)
      if (!fault || attempt === attemptsAtMost) throw error
      const damage = await sort(databasePath, fault, handling, canRebuild)
      // SQLite reports a statement that contradicts a full-text index in the same way. To restore a sound database would
      // lose data.
      if (damage === 'none' && fault !== error) throw error
      canRebuild = await mend(databasePath, ofKind(fault, damage === 'index'), handling)
      throwIfCanceled(databasePath, handling.signal)
    }
  }
}

/** Returns what is damaged. A fault that is not damage counts as damage to data. */
async function sort(
  path: string,
  fault: DamageError,
  { tasks, signal }: DamageHandling,
  canRebuild: boolean,
): Promise<Findings['damage']> {
  throwIfCanceled(path, signal)
  if (!(fault instanceof NotADatabaseError) || !canRebuild) return 'data'
  // If the file cannot be read, its damage is the error to report.
  return fault.isIndexOnly ? 'index' : tasks.sort(path).catch(() => 'data')
}

function ofKind(fault: DamageError, isIndexOnly: boolean): DamageError {
  return fault instanceof NotADatabaseError && fault.isIndexOnly !== isIndexOnly
    ? new NotADatabaseError(fault.path, fault.cause, undefined, isIndexOnly)
    : fault
}

/** @returns false if the indexes could not be rebuilt: more than indexes is damaged. */
async function mend(databasePath: string, fault: DamageError, handling: DamageHandling): Promise<boolean> {
  const { tasks, migrations, signal } = handling
  throwIfCanceled(databasePath, signal)
  const newestBackup = await tasks.newest(databasePath, migrations)
  const error = newestBackup ? withBackup(fault, newestBackup) : fault
  const kind = kindOf(error)
  const choices = choicesOf(kind, newestBackup)
  const damage = { kind, databasePath, cause: error.cause, error, newestBackup, choices }
  const choice = choices.length > 1 ? await choose(handling.onDamaged, damage) : 'keep'
  // A callback in plain JavaScript may return anything. Only an offered choice changes something.
  if (choice === 'keep' || !choices.includes(choice)) throw error
  throwIfCanceled(databasePath, signal)
  if (choice === 'restore') await tasks.restore(databasePath, newestBackup?.path)
  else if (choice === 'rebuild') return await rebuild(databasePath, tasks)
  else if (choice === 'use-database') await tasks.setLogAside(databasePath)
  else await tasks.setAllAside(databasePath)
  return true
}

async function rebuild(databasePath: string, tasks: FileTasks): Promise<boolean> {
  try {
    await tasks.rebuild(databasePath)
    return true
  } catch (error) {
    if (error instanceof Error && isDamage(error)) return false
    throw error
  }
}

function withBackup(fault: DamageError, backup: Backup): DamageError {
  const { path } = fault
  if (fault instanceof NotADatabaseError)
    return new NotADatabaseError(path, fault.cause, backup, fault.isIndexOnly)
  if (fault instanceof DatabaseMissingError) return new DatabaseMissingError(path, fault.traces, backup)
  if (fault instanceof DatabaseMismatchError) return new DatabaseMismatchError(path, fault.mismatch, backup)
  return new DatabaseNewerError(path, fault.unknownMigrations, backup)
}

function choose(onDamaged: OnDamaged, damage: Damage): DamageChoice | Promise<DamageChoice> {
  if (typeof onDamaged === 'function') return onDamaged(damage)
  if (onDamaged === 'keep') return 'keep'
  if (damage.kind === 'index') return 'rebuild'
  return damage.kind === 'damaged' || damage.kind === 'missing' ? 'restore' : 'keep'
}

/** Returns what can be done about each kind of damage, with or without a backup. */
export function choicesOf(kind: DamageKind, newestBackup: Backup | undefined): DamageChoice[] {
  const choices: DamageChoice[] = ['keep']
  if (kind === 'index') choices.push('rebuild')
  if (kind === 'mismatch') choices.push('use-database')
  if (newestBackup) choices.push('restore')
  else if (kind === 'damaged' || kind === 'missing') choices.push('start-empty')
  return choices
}

/** SQLite finds damage when it gets to it: on opening, in the check, in a backup or in a migration. */
function faultOf(databasePath: string, error: unknown): DamageError | undefined {
  if (isDamageError(error)) return error
  // An extension, an attached database or the app's own code failed, and not the database.
  if (error instanceof ConnectionSetupError) return undefined
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isDamage(cause)) return new NotADatabaseError(databasePath, cause)
  }
  return undefined
}

function isDamageError(error: unknown): error is DamageError {
  return damageErrors.some((type) => error instanceof type)
}

function kindOf(error: DamageError): DamageKind {
  if (error instanceof NotADatabaseError) return error.isIndexOnly ? 'index' : 'damaged'
  if (error instanceof DatabaseMissingError) return 'missing'
  return error instanceof DatabaseMismatchError ? 'mismatch' : 'newer'
}

function isDamage(error: Error & { readonly code?: unknown }): boolean {
  return typeof error.code === 'string' && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code)
}
