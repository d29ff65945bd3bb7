import { checkOptions, type OptionChecks } from '../../shared/check-options.ts'
import { plainObject } from '../../shared/option-kinds.ts'
import { type OpenOptions, openOptionChecks } from '../sqlite/open-options.ts'
import { type PoolOptions, poolOptionChecks } from '../sqlite/scheduling/pool-options.ts'

/** The schema of a claim without a type argument: every table and column is allowed, as in `Kysely<any>`. */
export type AnySchema =
  // biome-ignore lint/suspicious/noExplicitAny: Kysely's own way to allow every table.
  any

/** The options of a claim's database: those of the pool, and how the database is opened. */
export interface DatabaseOptions extends PoolOptions, Omit<OpenOptions, 'signal'> {}

/** The options of a claim that open a database. Any of them opens it. Without them, a claim has no database. */
export interface DatabaseOption extends DatabaseOptions {
  /**
   * The same options as one object. `database: {}` opens a database that has no migrations. An option in this object
   * has priority over the same option beside it.
   */
  readonly database?: DatabaseOptions
}

const databaseOptionChecks: OptionChecks<DatabaseOptions> = { ...poolOptionChecks, ...openOptionChecks }

export const databaseChecks: OptionChecks<DatabaseOption> = { ...databaseOptionChecks, database: plainObject }

/**
 * Moves the options in `database` one level up, where the pool reads them.
 *
 * @param of the function's name, for messages.
 * @throws {InvalidOptionError} for an invalid option in `database`.
 */
export function flattenDatabase<Options extends DatabaseOption>(of: string, options: Options): Options {
  if (options.database === undefined) return options
  checkOptions(`${of}: database`, options.database, databaseOptionChecks)
  return { ...options, ...options.database }
}

/** Whether options ask for a database. */
export function hasDatabase(options: DatabaseOption): boolean {
  const given = options as Readonly<Record<string, unknown>>
  return ['database', ...Object.keys(databaseOptionChecks)].some((option) => given[option] !== undefined)
}
