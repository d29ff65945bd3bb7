import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { NativeModuleError } from './errors.ts'
import { loadNative } from './load-native.ts'
import { betterSqlite3Napi, thisRuntime } from './runtime.ts'

type BetterSqlite3 = typeof import('better-sqlite3')

let loaded: BetterSqlite3 | undefined

/**
 * better-sqlite3, loaded when it is first needed: a process that does not get the lock never loads it.
 *
 * @throws {NativeModuleError} where it is missing, or where its ready-made build would not fail but crash.
 */
export function betterSqlite3(): BetterSqlite3 {
  loaded ??= load()
  return loaded
}

function load(): BetterSqlite3 {
  const module = loadNative<BetterSqlite3>('better-sqlite3')
  // Below that Node-API the first `new Database()` ends the process with SIGSEGV (seen in Electron 33 and Node 20).
  if (thisRuntime().napi < betterSqlite3Napi && !isCompiledHere()) {
    throw new NativeModuleError('better-sqlite3', 'crashes')
  }
  return module
}

/** What was compiled on this machine is preferred to the ready-made builds. */
function isCompiledHere(): boolean {
  const folder = dirname(createRequire(import.meta.url).resolve('better-sqlite3/package.json'))
  return existsSync(join(folder, 'build', 'Release', 'better_sqlite3.node'))
}
