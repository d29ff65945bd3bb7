// @ts-check
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolder } from '../setup/places.mjs'

/**
 * What an app writes down at each launch: rows of the table `visit` in a database, or lines in a `.txt` file.
 * @typedef {object} Visits
 * @property {string} file in the profile
 * @property {string} [key] of an encrypted database
 */

/**
 * @param {string} electronPath
 * @param {string} profile
 * @param {Visits} visits
 * @param {number} wanted
 */
export function checkVisits(electronPath, profile, visits, wanted) {
  const path = join(profile, visits.file)
  const count = visits.file.endsWith('.txt')
    ? readFileSync(path, 'utf8').trimEnd().split('\n').length
    : Number(inDatabase(electronPath, path, visits.key, `select count(*) from visit`))
  if (count !== wanted) throw new Error(`${path} has ${count} visits, and should have ${wanted}`)
  if (visits.key) checkEncrypted(path)
  process.stdout.write(`  ${visits.file}${visits.key ? ', encrypted' : ''}: ${count} visits\n`)
}

/** @param {string} path */
function checkEncrypted(path) {
  const isPlain = readFileSync(path).subarray(0, 15).toString() === 'SQLite format 3'
  if (isPlain) throw new Error(`${path} is not encrypted`)
}

/**
 * Encrypts a database with another key.
 * @param {string} electronPath
 * @param {string} path
 * @param {string} key the one that it has
 */
export function changeKey(electronPath, path, key) {
  // Only a database without a log can be encrypted again.
  inDatabase(electronPath, path, key, 'pragma journal_mode = delete', "pragma rekey = 'another key'")
}

/**
 * Runs statements in a database that no app has open.
 * @param {string} electronPath
 * @param {string} path
 * @param {string | undefined} key
 * @param {string[]} statements
 * @returns {string} the first column of the first row of the last one
 */
function inDatabase(electronPath, path, key, ...statements) {
  const module = packageFolder(key ? 'better-sqlite3-multiple-ciphers' : 'better-sqlite3')
  const script = `
    const [, module, path, key, ...statements] = process.argv
    const database = new (require(module))(path, { fileMustExist: true })
    if (key) database.pragma(\`key='\${key}'\`)
    console.log(statements.map((statement) => database.prepare(statement).pluck().get()).at(-1))
    database.close()`
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' }
  const args = ['-e', script, module, path, key ?? '', ...statements]
  return execFileSync(electronPath, args, { env, encoding: 'utf8' })
}
