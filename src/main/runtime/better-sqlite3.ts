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
  if (thisRuntime().napi < betterSqlite3Napi && !isCompiledHere()) {
    throw new NativeModuleError('better-sqlite3', 'crashes')
  }
  loaded = module
  return module
}

/** better-sqlite3 prefers what was compiled on this machine to the ready-made builds. */
function isCompiledHere(): boolean {
  const folder = dirname(createRequire(import.meta.url).resolve('better-sqlite3/package.json'))
  return existsSync(join(folder, 'build', 'Release', 'better_sqlite3.node'))
}
