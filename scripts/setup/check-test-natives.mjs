// @ts-check
// Runs in Electron as Node, as check-natives.mjs does, for the module that only tests use.
import Database from 'better-sqlite3-multiple-ciphers'

const database = new Database(':memory:')
const [cipher] = /** @type {unknown[]} */ (database.pragma('cipher'))
if (cipher === undefined) throw new Error('SQLite cannot encrypt')
database.close()
