import type { Kysely, KyselyPlugin } from 'kysely'
import { type MigrationInfo, Migrator } from 'kysely/migration'
import { countForeignKeyFaults } from '../damage/find-damage.ts'
import { MigrationFailedError, MigrationOrderError, throwIfCanceled } from '../errors/open-errors.ts'
import {
  checkForeignKeys,
  enforceForeignKeys,
  type ForeignKeyCheckOptions,
  type StatementTexts,
} from './foreign-key-check.ts'
import type { MigrationBackupProgress } from './migrations-backup.ts'

// biome-ignore-start lint/suspicious/noExplicitAny: as in Kysely's type. The schema of a migration is not that of the app.
/**
 * One migration. It is the same as the type `Migration` in `kysely/migration`, which TypeScript finds only with a
 * `moduleResolution` that reads the `exports` of a package.
 */
export interface Migration {
  /** Changes the schema and the rows. If it throws, all its changes are undone. */
  up(db: Kysely<any>): Promise<void>
  /** Undoes the changes. This package never calls it. */
  down?(db: Kysely<any>): Promise<void>
}
// biome-ignore-end lint/suspicious/noExplicitAny: see above

/**
 * The migrations of an app, by name. Kysely runs them in the order of their names, compared as strings, so names
 * begin with a number of fixed width: `001-notes`, `002-search`.
 *
 * Each migration runs in a transaction of its own. Foreign keys are not enforced in it, but checked at its end, so that
 * a table can be rebuilt as sqlite.org/lang_altertable.html#otheralter describes. Therefore a migration cannot open a
 * transaction itself, and cannot run statements that SQLite does not allow inside a transaction, such as `VACUUM`.
 */
export type Migrations = Readonly<Record<string, Migration>>

/** The progress of a run of migrations. */
export interface MigrationProgress {
  /**
   * What happens now: the backup before the run is copied, the copy is checked, or migrations run. `check` reports no
   * progress of its own. It takes about as long as reading the file.
   */
  readonly phase: 'backup' | 'check' | 'migrate'
  /** The migration that runs now or comes next. If `done` equals `total`, it is the last one. */
  readonly migration: string
  /** How many migrations of this run are done. */
  readonly done: number
  /** How many migrations this run has. */
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
  /** Default {@link countForeignKeyFaults} on this thread. */
  readonly faultsBefore?: ForeignKeyCheckOptions['faultsBefore']
}

/**
 * Brings a database up to date, each migration in its own transaction together with Kysely's record of it.
 *
 * If a migration throws, all of its changes are undone. The migrations before it in the same run stay: each of them left a
 * state that the app has defined. The next run continues after them. The backup has the state from before the run.
 *
 * @param db the adapter of its dialect says that DDL is transactional. No other connection writes meanwhile.
 * @returns how many migrations ran.
 * @throws {MigrationFailedError} with the backup and the migration that threw, or that left more rows than before whose
 * foreign keys point to no row.
 * @throws {MigrationOrderError} and whatever `backUp` throws, before anything is changed.
 * @throws {MigrationAbortedError} if the signal aborted.
 */
export async function migrate<Schema>(
  db: Kysely<Schema>,
  path: string,
  migrations: Migrations,
  options: MigrateOptions = {},
): Promise<number> {
  // One lease for all migrations. When the writer is given back, foreign keys are always on again.
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
  throwIfCanceled(path, signal)
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
        throwIfCanceled(path, signal)
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

/** Runs one migration, and everything that Kysely does around it, in one transaction: its tables, the row, the check. */
async function runNext<Schema>(
  connection: Kysely<Schema>,
  path: string,
  migrations: Migrations,
  options: MigrateOptions,
): Promise<void> {
  const { signal, statements } = options
  const faultsBefore =
    options.faultsBefore ??
    (async (tables: readonly string[]) => countForeignKeyFaults(path, tables, undefined))
  await connection.transaction().execute(async (transaction) => {
    const db = signal ? transaction.withPlugin(stopWhenAborted(signal)) : transaction
    const plain = db.withoutPlugins()
    // Only the app's part is guarded: Kysely's bookkeeping changes rows in every migration.
    const guarded = Object.entries(migrations).map(([name, migration]) => {
      const up: Migration['up'] = (own) =>
        checkForeignKeys(plain, { statements, faultsBefore }, () => migration.up(own))
      return [name, { up }] as const
    })
    const { error } = await migratorOf(db, Object.fromEntries(guarded)).migrateUp()
    if (error !== undefined) throw error
  })
}

/**
 * Returns the migrations that have not run yet, in their order. Only reads.
 *
 * Kysely requires that the migrations that have run are the first ones of the list, but checks this after it has begun
 * to write. This check comes before anything is written.
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

/** Kysely's own order: by time, and within the same millisecond by name. */
function byExecution(a: MigrationInfo, b: MigrationInfo): number {
  return Number(a.executedAt) - Number(b.executedAt) || a.name.localeCompare(b.name)
}

function migratorOf<Schema>(db: Kysely<Schema>, migrations: Migrations): Migrator {
  return new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } })
}

/** Stops a migration at its next statement after the signal has aborted. */
function stopWhenAborted(signal: AbortSignal): KyselyPlugin {
  return {
    transformQuery({ node }) {
      signal.throwIfAborted()
      return node
    },
    transformResult: async ({ result }) => result,
  }
}
