// @ts-check
// Runs in Electron as Node: a native module for another runtime is refused when it is loaded, or crashes
// when it is used.
import { mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { flockSync } from 'fs-ext'

const folder = mkdtempSync(join(tmpdir(), 'check-natives-'))
try {
  const file = join(folder, 'lock')
  flockSync(openSync(file, 'w'), 'exnb')
  if (!isRefused(openSync(file, 'r'))) throw new Error('flock gave one lock to two descriptors')
} finally {
  rmSync(folder, { recursive: true })
}

const database = new Database(':memory:')
if (database.prepare('select 1').pluck().get() !== 1) throw new Error('SQLite does not know what 1 is')
database.close()

/** @param {number} descriptor */
function isRefused(descriptor) {
  try {
    flockSync(descriptor, 'exnb')
    return false
  } catch {
    return true
  }
}
