import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { InvalidOptionError } from '../../shared/data-dir-error.ts'
import { NativeModuleError } from './errors.ts'
import { loadNative } from './load-native.ts'
import { betterSqlite3Napi, thisRuntime } from './runtime.ts'

type BetterSqlite3 = typeof import('better-sqlite3')

/** The builds that this thread has loaded, by their path. The key undefined is better-sqlite3 itself. */
const loaded = new Map<string | undefined, BetterSqlite3>()
let newest: BetterSqlite3 | undefined

/**
 * Returns better-sqlite3, which is loaded at the first call: a process that does not get the lock never loads it.
 *
 * @param driver the path of another build of it, from `resolveDriver`. Default: the module of that name.
 * @throws {NativeModuleError} if it is missing, or if its prebuilt binary would crash the process.
 * @throws {InvalidOptionError} if the driver is something else.
 */
export function betterSqlite3(driver?: string): BetterSqlite3 {
  const known = loaded.get(driver)
  if (known) return known
  const module = loadNative<BetterSqlite3>(driver ?? 'better-sqlite3')
  if (typeof module !== 'function' || typeof module.SqliteError !== 'function') throw notADriver(driver)
  // Below that Node-API the first `new Database()` ends the process with SIGSEGV (seen in Electron 33 and Node 20).
  if (thisRuntime().napi < betterSqlite3Napi && isReadyMade(driver)) {
    throw new NativeModuleError(driver ?? 'better-sqlite3', 'crashes')
  }
  loaded.set(driver, module)
  newest = module
  return module
}

function notADriver(driver: string | undefined): InvalidOptionError {
  return new InvalidOptionError(
    'driver',
    `${driver} is not a build of better-sqlite3.`,
    'Give the name or the path of a module that exports the class Database with its SqliteError.',
  )
}

/**
 * better-sqlite3 13 prefers a binary that was compiled on this machine to its prebuilt binaries. Version 12 does not
 * use Node-API and has no folder of prebuilt binaries. Its binary for another runtime does not crash, but is refused
 * when it is loaded.
 */
function isReadyMade(driver: string | undefined): boolean {
  const folder = folderOf(driver)
  const isCompiledHere = existsSync(join(folder, 'build', 'Release', 'better_sqlite3.node'))
  return !isCompiledHere && existsSync(join(folder, 'prebuilds'))
}

function folderOf(driver: string | undefined): string {
  if (driver === undefined)
    return dirname(createRequire(import.meta.url).resolve('better-sqlite3/package.json'))
  let folder = dirname(driver)
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder)
  return folder
}

/** Whether an error is SQLite's, of any build of better-sqlite3. */
export function isSqliteError(error: unknown): error is Error & { readonly code: string } {
  return (
    error instanceof Error &&
    error.name === 'SqliteError' &&
    'code' in error &&
    typeof error.code === 'string'
  )
}

/** An error as SQLite reports it, of the build that this thread has loaded last. */
export function sqliteError(message: string, code: string): Error {
  return new (newest ?? betterSqlite3()).SqliteError(message, code)
}

/** The path of the build that an error of SQLite is from; undefined also for better-sqlite3 itself. */
export function driverOf(error: Error): string | undefined {
  for (const [driver, { SqliteError }] of loaded) if (error instanceof SqliteError) return driver
  return undefined
}
