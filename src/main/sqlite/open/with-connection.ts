import type { Database, Options } from 'better-sqlite3'
import type { Connector } from './connector.ts'

interface OpenOptions extends Options {
  /** It must not read from the database. */
  readonly beforeFirstRead?: () => void
}

/**
 * Opens a connection to an existing database, and closes it after the work.
 *
 * @throws better-sqlite3's SqliteError if the file cannot be opened, {@link ConnectionSetupError}, and whatever `work`
 * throws.
 */
export function withConnection<Result>(
  connector: Connector,
  path: string,
  { beforeFirstRead, ...options }: OpenOptions,
  work: (connection: Database) => Result,
): Result {
  const connection = connector.open(path, { ...options, fileMustExist: true }, beforeFirstRead)
  try {
    return work(connection)
  } finally {
    connection.close()
  }
}

/** Closes a connection if what needs it cannot be made. */
export function closingOnFailure<Result>(
  connection: Database,
  work: (connection: Database) => Result,
): Result {
  try {
    return work(connection)
  } catch (error) {
    connection.close()
    throw error
  }
}
