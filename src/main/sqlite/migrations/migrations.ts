import type {
  Kysely,
  KyselyPlugin,
  PluginTransformQueryArgs,
  PluginTransformResultArgs,
  QueryResult,
  RootOperationNode,
  UnknownRow,
} from 'kysely'
import { type Migration, type MigrationInfo, Migrator } from 'kysely/migration'
import { committedForeignKeyFaults } from '../damage/foreign-key-faults.ts'
import { MigrationAbortedError, MigrationFailedError, MigrationOrderError } from '../errors/open-errors.ts'
import {
  enforceForeignKeys,
  type ForeignKeyGuardOptions,
  guardForeignKeys,
  type StatementTexts,
} from './foreign-key-check.ts'
import type { MigrationBackupProgress } from './migrations-backup.ts'

/**
 * The migrations of an app, by name. Kysely runs them in the order of their names, compared as strings, so names
 * begin with a number of fixed width: `001-notes`, `002-search`.
 *
 * Each runs in a transaction of its own, with foreign keys not enforced but checked at its end, so that a table can
 * be rebuilt as sqlite.org/lang_altertable.html#otheralter describes. It can therefore not open a transaction
 * itself, nor do what SQLite does not do inside of one, such as `VACUUM`.
 */
export type Migrations = Readonly<Record<string, Migration>>

/** How far a run of migrations has come. */
export interface MigrationProgress {
  /**
   * What happens now: the backup before the run is copied, the copy is checked, or migrations run. `check` has no
   * measure of its own: it takes about as long as reading the file.
   */
  readonly phase: 'backup' | 'check' | 'migrate'
  /** The migration that runs now or comes next, or with `done` equal to `total` the last one. */
  readonly migration: string
  /** How many of this run are done. */
  readonly done: number
  /** How many this run has. */
  readonly total: number
  /** How many bytes are in the backup; undefined in the phase `migrate`. */
  readonly doneBytes?: number
  /** How many bytes the backup will have; undefined in the phase `migrate`. */
  readonly totalBytes?: number
}

export interface MigrateOptions {
  /** Called before each migration, and after the last; before that, while the backup is made. */
  readonly onProgress?: (progress: MigrationProgress) => void
  /** Cancels the run. The running statement finishes, and its migration is undone. */
  readonly signal?: AbortSignal
  /**
   * Called before anything is changed, with the name of the first migration and the connection that has the writer.
   * Reports its own progress.
   *
   * @returns the path of the backup it made, if it made one.
   */
  readonly backUp?: (
    firstMigration: string,
    connection: Kysely<unknown>,
    report: (progress: MigrationBackupProgress) => void,
  ) => Promise<string | undefined>
  /** Gets the statements that run on `db`, so that the foreign key check can leave tables out. Default: it cannot. */
  readonly statements?: StatementTexts
  /** Default {@link committedForeignKeyFaults} on this thread. */
  readonly faultsBefore?: ForeignKeyGuardOptions['faultsBefore']
}

/**
 * Brings a database up to date, each migration in its own transaction together with Kysely's record of it.
 *
 * A migration that throws leaves the database as it found it, whatever it did. Those before it in the same run are
 * whole and stay: each was a state of the app's own making, a retry goes on after them, and who wants the state
 * from before the run has the backup.
 *
 * @param db its dialect's adapter says that DDL is transactional; nobody else writes meanwhile.
 * @returns how many were done.
 * @throws {MigrationFailedError} naming the migration that threw, or that left more rows than before whose foreign
 * keys point nowhere, and the backup.
 * @throws {MigrationOrderError} before anything is changed; so is whatever `backUp` throws.
 * @throws {MigrationAbortedError} when the signal aborted.
 */
export async function migrate<Schema>(
  db: Kysely<Schema>,
  path: string,
  migrations: Migrations,
  options: MigrateOptions = {},
): Promise<number> {
  // One lease for all migrations. Giving the writer back turns foreign keys on again in every case.
  return await db.connection().execute((connection) => runPending(connection, path, migrations, options))
}

async function runPending<Schema>(
  connection: Kysely<Schema>,
  path: string,
  migrations: Migrations,
  options: MigrateOptions,
): Promise<number> {
  const { signal, backUp, onProgress } = options
  const plain = connection.withoutPlugins()
  const pending = await pendingMigrations(connection, path, migrations)
  const [first] = pending
  if (first === undefined) return 0
  if (signal?.aborted) throw new MigrationAbortedError(path, signal.reason)
  const total = pending.length
  const backupPath = await backUp?.(first, plain as Kysely<unknown>, (progress) =>
    onProgress?.({ ...progress, migration: first, done: 0, total }),
  )
  await enforceForeignKeys(plain, false)
  try {
    for (const [done, migration] of pending.entries()) {
      onProgress?.({ phase: 'migrate', migration, done, total })
      try {
        await runNext(connection, path, migrations, options)
      } catch (error) {
        if (signal?.aborted) throw new MigrationAbortedError(path, signal.reason)
        throw new MigrationFailedError(path, migration, backupPath, error)
      }
    }
  } catch (error) {
    // The first error is the one to report. A connection that fails here is not used again.
    await enforceForeignKeys(plain, true).catch(() => undefined)
    throw error
  }
  await enforceForeignKeys(plain, true)
  onProgress?.({ phase: 'migrate', migration: pending.at(-1) ?? first, done: total, total })
  return total
}

/** Runs one migration with everything Kysely does around it in one transaction: its tables, the row, the check. */
async function runNext<Schema>(
  connection: Kysely<Schema>,
  path: string,
  migrations: Migrations,
  options: MigrateOptions,
): Promise<void> {
  const { signal, statements } = options
  const faultsBefore =
    options.faultsBefore ??
    (async (tables: readonly string[]) => committedForeignKeyFaults(path, tables, undefined))
  await connection.transaction().execute(async (transaction) => {
    const db = signal ? transaction.withPlugin(new StopWhenAborted(signal)) : transaction
    const plain = db.withoutPlugins()
    // Only the app's part is guarded: Kysely's bookkeeping changes rows in every migration.
    const guarded = Object.entries(migrations).map(([name, migration]) => {
      const up: Migration['up'] = (own) =>
        guardForeignKeys(plain, { statements, faultsBefore }, () => migration.up(own))
      return [name, { up }] as const
    })
    const { error } = await migratorOf(db, Object.fromEntries(guarded)).migrateUp()
    if (error !== undefined) throw error
  })
}

/**
 * The migrations that were not made yet, in their order. Only reads.
 *
 * Kysely demands that those made are the first ones of the list, and finds out once it has begun; asking before
 * leaves the file untouched.
 */
async function pendingMigrations<Schema>(
  db: Kysely<Schema>,
  path: string,
  migrations: Migrations,
): Promise<string[]> {
  const all = await migratorOf(db, migrations).getMigrations()
  const made = all.filter(({ executedAt }) => executedAt).sort(byExecution)
  for (const [index, { name }] of made.entries()) {
    const expected = all[index]?.name
    if (expected !== undefined && expected !== name) throw new MigrationOrderError(path, name, expected)
  }
  return all.slice(made.length).map(({ name }) => name)
}

/** Kysely's own order of what was made: by time, within the same millisecond by name. */
function byExecution(a: MigrationInfo, b: MigrationInfo): number {
  return Number(a.executedAt) - Number(b.executedAt) || a.name.localeCompare(b.name)
}

function migratorOf<Schema>(db: Kysely<Schema>, migrations: Migrations): Migrator {
  return new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } })
}

/** Lets no further statement start once a signal has aborted: a function that runs many comes to its end there. */
export class StopWhenAborted implements KyselyPlugin {
  readonly #signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  transformQuery({ node }: PluginTransformQueryArgs): RootOperationNode {
    this.#signal.throwIfAborted()
    return node
  }

  async transformResult({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    return result
  }
}
