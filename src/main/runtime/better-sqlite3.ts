import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { NativeModuleError } from './errors.ts'
import { loadNative } from './load-native.ts'
import { betterSqlite3Napi, thisRuntime } from './runtime.ts'

type BetterSqlite3 = typeof import('better-sqlite3')

let loaded: BetterSqlite3 | undefined

/**
 * Returns better-sqlite3, which is loaded at the first call: a process that does not get the lock never loads it.
 *
 * @throws {NativeModuleError} if it is missing, or if its ready-made build would crash the process.
 */
export function betterSqlite3(): BetterSqlite3 {
  if (loaded) return loaded
  const module = loadNative<BetterSqlite3>('better-sqlite3')
  // Below that Node-API the first `new Database()` ends the process with SIGSEGV (seen in Electron 33 and Node 20).
  if (thisRuntime().napi < betterSqlite3Napi && isReadyMade()) {
    throw new NativeModuleError('better-sqlite3', 'crashes')
  }
  loaded = module
  return module
}

/**
 * better-sqlite3 13 prefers what was compiled on this machine to its ready-made builds. Version 12 does not use Node-API and
 * has no such folder: a build for another runtime is refused when it is loaded.
 */
function isReadyMade(): boolean {
  const folder = dirname(createRequire(import.meta.url).resolve('better-sqlite3/package.json'))
  const isCompiledHere = existsSync(join(folder, 'build', 'Release', 'better_sqlite3.node'))
  return !isCompiledHere && existsSync(join(folder, 'prebuilds'))
}
