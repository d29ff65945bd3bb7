import { fileURLToPath } from 'node:url'
import type { Database, Options } from 'better-sqlite3'
import { attempt } from '../../../shared/attempt.ts'
import { InvalidOptionError } from '../../../shared/data-dir-error.ts'
import { betterSqlite3 } from '../../runtime/better-sqlite3.ts'
import { type ConnectionSetup, plainSetup } from '../../runtime/connection-setup.ts'
import { NativeModuleError } from '../../runtime/errors.ts'
import { failureOf } from '../../runtime/load-native.ts'
import { ConnectionSetupError } from '../errors/setup-errors.ts'

/** What the function `connection` of an app's module receives about the connection that it sets up. */
export interface ConnectionFacts {
  /** Whether the connection only reads: a reader, or a check. */
  readonly readonly: boolean
}

type SetUp = (connection: Database, facts: ConnectionFacts) => unknown

/**
 * Opens the connections of one pool on one thread, each as the app has set it up. Every connection to a database or a
 * backup is opened by one.
 */
export class Connector {
  readonly setup: ConnectionSetup
  readonly #setUp: SetUp | undefined

  private constructor(setup: ConnectionSetup, setUp?: SetUp) {
    this.setup = setup
    this.#setUp = setUp
  }

  /** Opens connections of better-sqlite3 as it is. */
  static readonly plain = new Connector(plainSetup)

  /**
   * Loads what the connections need, and tries it on a database in memory.
   *
   * @throws {NativeModuleError} {ConnectionSetupError} {InvalidOptionError} if the driver cannot encrypt but there is a
   * key.
   */
  static async load(setup: ConnectionSetup): Promise<Connector> {
    const { driver, key, extensions, connection } = setup
    const connector = new Connector(
      setup,
      connection === undefined ? undefined : await functionIn(connection),
    )
    if (driver !== undefined || key !== undefined || extensions.length > 0) connector.#tryInMemory()
    return connector
  }

  /** Whether the database and its backups are encrypted. */
  get hasKey(): boolean {
    return this.setup.key !== undefined
  }

  #tryInMemory(): void {
    const { driver, key } = this.setup
    const inMemory = open(driver)
    try {
      if (key !== undefined && !canEncrypt(inMemory)) throw cannotEncrypt()
      this.#loadExtensions(inMemory)
    } finally {
      inMemory.close()
    }
  }

  /**
   * Opens a connection, and sets it up before its first query.
   *
   * @param beforeFirstRead runs before the app's code. It must not read.
   * @throws better-sqlite3's SqliteError, and {@link ConnectionSetupError}. The connection is closed then.
   */
  open(path: string, options: Options, beforeFirstRead?: (connection: Database) => void): Database {
    const { driver, key } = this.setup
    const connection = new (betterSqlite3(driver))(path, options)
    try {
      // `hexkey` sets the same bytes as `key`, but a quotation mark in the key needs no escape.
      if (key !== undefined) connection.pragma(`hexkey='${key}'`)
      beforeFirstRead?.(connection)
      this.#loadExtensions(connection)
      this.#callApp(connection)
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  }

  /** Opens a connection with the key, but without anything else that the app has set up. It only reads. */
  openAsItIs(path: string): Database {
    const connection = new (betterSqlite3(this.setup.driver))(path)
    if (this.setup.key !== undefined) connection.pragma(`hexkey='${this.setup.key}'`)
    return connection
  }

  #loadExtensions(connection: Database): void {
    for (const extension of this.setup.extensions)
      namingFault('extensions', extension, () => connection.loadExtension(extension))
  }

  #callApp(connection: Database): void {
    const { connection: module } = this.setup
    if (module === undefined) return
    namingFault('connection', fileURLToPath(module), () => {
      const result = this.#setUp?.(connection, { readonly: connection.readonly })
      if (result instanceof Promise) {
        // If the promise rejected, the error would be an uncaught one.
        result.catch(() => undefined)
        throw new TypeError(
          'its function `connection` returned a promise, but the connection is needed at once',
        )
      }
      // The option `integers` decides.
      connection.defaultSafeIntegers(false)
    })
  }

  /** Attaches the databases of the app. A connection that only reads attaches them read-only, and creates none. */
  attach(connection: Database): void {
    for (const [name, path] of this.setup.attach) {
      namingFault('attach', path, () => {
        connection.prepare(`attach ? as "${name}"`).run(path)
        // The first read shows whether it is a database.
        connection.prepare(`select 1 from "${name}".sqlite_schema`).get()
        // Otherwise readers and writers of the attached file wait for each other. A file that cannot be written stays.
        if (!connection.readonly) attempt(() => connection.pragma(`"${name}".journal_mode = WAL`))
      })
    }
  }
}

function namingFault(part: 'extensions' | 'attach' | 'connection', path: string, work: () => void): void {
  try {
    work()
  } catch (error) {
    throw new ConnectionSetupError(part, path, error)
  }
}

/** The driver loads its native code at the first connection. */
function open(driver: string | undefined): Database {
  const SqliteDatabase = betterSqlite3(driver)
  try {
    return new SqliteDatabase(':memory:')
  } catch (error) {
    const name = driver ?? 'better-sqlite3'
    throw new NativeModuleError(name, failureOf(error as NodeJS.ErrnoException, name), error)
  }
}

/** SQLite ignores a pragma that it does not have. These are of SQLite3 Multiple Ciphers and of SQLCipher. */
function canEncrypt(connection: Database): boolean {
  return ['cipher', 'cipher_version'].some((name) => (connection.pragma(name) as unknown[]).length > 0)
}

function cannotEncrypt(): InvalidOptionError {
  return new InvalidOptionError(
    'key',
    'A key was given, but this build of SQLite cannot encrypt.',
    'Give `driver` too, for example "better-sqlite3-multiple-ciphers".',
  )
}

async function functionIn(url: string): Promise<SetUp> {
  try {
    // The bundler of an app must not follow this import.
    const module = (await import(/* @vite-ignore */ url)) as Exports & { readonly default?: Exports }
    // Node.js does not find every export of a CommonJS module.
    const setUp = module.connection ?? module.default?.connection
    if (typeof setUp !== 'function') throw new TypeError('it exports no function `connection`')
    return setUp as SetUp
  } catch (error) {
    throw new ConnectionSetupError('connection', fileURLToPath(url), error)
  }
}

interface Exports {
  readonly connection?: unknown
}
