import { existsSync, realpathSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { attempt } from '../../../shared/attempt.ts'
import type { OptionChecks } from '../../../shared/check-options.ts'
import { InvalidOptionError } from '../../../shared/data-dir-error.ts'
import { kind, listOf, plainObject } from '../../../shared/option-kinds.ts'
import type { ConnectionSetup } from '../../runtime/connection-setup.ts'
import { resolveDriver } from '../../runtime/resolve-driver.ts'
import { filesOf } from '../errors/causes.ts'

/** How every connection to the database is opened and set up. */
export interface ConnectionOptions {
  /**
   * Absolute paths of loadable SQLite extensions, for example `getLoadablePath()` of sqlite-vec. They are loaded on every
   * connection, also to check, back up and repair the database. If a path leads into an `app.asar`, the file in
   * `app.asar.unpacked` is loaded. Default none.
   */
  readonly extensions?: readonly string[]
  /**
   * Databases that the writer and the readers attach, as `{ name: path }`. A relative path is relative to the data
   * directory. A missing file is created, and switched to WAL mode. Readers attach them read-only.
   *
   * The lock protects only what is in the data directory. Another process can write to an attached file elsewhere. Backups,
   * checks, repairs and the watch of the files do not include attached databases. A transaction that writes to several
   * databases is atomic, except when the computer crashes during the commit
   * ([ATTACH](https://sqlite.org/lang_attach.html)). Default none.
   */
  readonly attach?: Readonly<Record<string, string>>
  /**
   * Another build of better-sqlite3, for example `better-sqlite3-multiple-ciphers`: the name of a module that the app has
   * installed, an absolute path, or a file URL. Every thread loads it. Default `better-sqlite3`.
   */
  readonly driver?: string
  /**
   * The key of an encrypted database. A string is used as its bytes in UTF-8. A new database is created with the key,
   * and every backup has the same key. The driver must be able to encrypt. Default none.
   */
  readonly key?: string | Uint8Array
  /**
   * A module, as an absolute path or a file URL, that exports a function `connection`. The function gets every
   * better-sqlite3 connection of the pool before the first query, and whether it only reads: `connection(database, {
   * readonly })`. It adds functions, aggregates and virtual tables. It runs in the thread of the connection, also in the
   * threads that check, back up and repair the database. Default none.
   */
  readonly connection?: string
}

const moduleName = /^(@[^/\\]+\/)?[^./\\@][^/\\]*(\/[^\\]*)?$/
const databaseName = /^[a-z_]\w*$/i
const takenNames = ['main', 'temp']

// SQLite attaches at most 10 databases: sqlite.org/limits.html.
const attachedAtMost = 10

export const connectionOptionChecks: OptionChecks<ConnectionOptions> = {
  extensions: listOf('absolute paths', isAbsolutePath),
  attach: kind(
    'an object with at most 10 names and paths; a name has letters, digits and "_", and is not "main" or "temp"',
    (value) => plainObject.accepts(value) && areNamesAndPaths(Object.entries(value as object)),
  ),
  driver: kind(
    'the name of a module, an absolute path or a file URL',
    (value) => typeof value === 'string' && (isPathOrFileUrl(value) || moduleName.test(value)),
  ),
  key: {
    ...kind('a string or a Uint8Array that is not empty', (value) => isKey(value)),
    isSecret: true,
  },
  connection: kind(
    'an absolute path or a file URL',
    (value) => typeof value === 'string' && isPathOrFileUrl(value),
  ),
}

function isAbsolutePath(value: unknown): boolean {
  return typeof value === 'string' && isAbsolute(value) && !value.includes('\0')
}

function isPathOrFileUrl(value: string): boolean {
  return isAbsolutePath(value) || (value.startsWith('file:') && URL.canParse(value))
}

function areNamesAndPaths(entries: readonly (readonly [string, unknown])[]): boolean {
  // SQLite does not distinguish upper and lower case.
  const names = new Set(entries.map(([name]) => name.toLowerCase()))
  return (
    names.size === entries.length &&
    entries.length <= attachedAtMost &&
    entries.every(
      ([name, path]) =>
        databaseName.test(name) && !takenNames.includes(name.toLowerCase()) && isDatabasePath(path),
    )
  )
}

/** SQLite gives `:memory:`, and an empty path, a meaning of their own. */
function isDatabasePath(path: unknown): boolean {
  return typeof path === 'string' && path !== '' && !path.startsWith(':') && !path.includes('\0')
}

function isKey(value: unknown): boolean {
  return (typeof value === 'string' || value instanceof Uint8Array) && value.length > 0
}

/**
 * Copies the options into a form that can be sent to a thread.
 *
 * @param dir the data directory.
 */
export function connectionSetup(
  dir: string,
  { extensions = [], attach = {}, driver, key, connection }: ConnectionOptions,
  trustedSchema: boolean,
): ConnectionSetup {
  return {
    driver,
    key: key === undefined ? undefined : Buffer.from(key as string).toString('hex'),
    extensions: extensions.map(unpacked),
    attach: Object.entries(attach).map(([name, path]) => [name, resolve(dir, path)]),
    connection: connection === undefined ? undefined : moduleUrl(connection),
    trustedSchema,
  }
}

/**
 * Finds the driver, which every thread then loads from the same path.
 *
 * @throws {NativeModuleError} if there is no such module.
 * @throws {InvalidOptionError} if the database would be attached to itself, or a database twice: a connection that has a
 * file open twice waits for itself when it writes.
 */
export function resolvedSetup(setup: ConnectionSetup, databasePath: string): ConnectionSetup {
  const own: readonly string[] = filesOf(databasePath)
  const attached = new Set<string>()
  for (const [name, path] of setup.attach) {
    const real = attempt(() => realpathSync(path)) ?? path
    const isOwn = own.includes(real)
    if (isOwn || attached.has(real)) {
      const what = isOwn ? "a file of the pool's own database" : 'attached under another name'
      throw new InvalidOptionError('attach', `"${name}" is ${path}, ${what}.`, 'Attach another database.')
    }
    attached.add(real)
  }
  return setup.driver === undefined ? setup : { ...setup, driver: resolveDriver(setup.driver) }
}

/** The system loads an extension, and cannot read it from Electron's archive. */
function unpacked(path: string): string {
  const outside = path.replace(/(?<=\.asar)(?=[\\/])/, '.unpacked')
  return outside !== path && existsSync(outside) ? outside : path
}

/** The URL of a module that is given by an absolute path or a file URL. */
function moduleUrl(pathOrUrl: string): string {
  return pathOrUrl.startsWith('file:') ? pathOrUrl : pathToFileURL(pathOrUrl).href
}
