// @ts-check
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  copyBackupOver,
  filesBesides,
  fillDisk,
  freeDisk,
  mountSmall,
  removeLog,
  replaceDatabase,
} from './accidents.mjs'
import { missingFrom, readRows } from './rows.mjs'
import { runWriter } from './run-writer.mjs'
import { migrations } from './schema.mjs'

/** @typedef {import('./run-writer.mjs').Moment} Moment */
/** @typedef {import('./run-writer.mjs').Run} Run */

/**
 * @typedef {object} Outcome
 * @property {number} acknowledged groups that the pool reported to the writer as committed
 * @property {number} unacknowledged groups that are in the database although the kill came before the report
 * @property {boolean} hadOpened
 * @property {number} lockFreeAfter milliseconds from the writer's end until another process can take the lock
 * @property {number} elsewhere groups that are in a rescued or set-aside file and not in the database
 * @property {string[]} problems
 */

// An owner looks at its files every 2 s, and then saves what it has.
const patience = 20_000

/** One data directory, in which writers are killed one after the other. */
export class Crashes {
  #built
  #dir
  /** What must be in the database, since a writer said so. @type {Set<string>} */
  #committed = new Set()
  #seen = 0

  /**
   * @param {string} built the package's `main` folder, compiled
   * @param {string} dir
   */
  constructor(built, dir) {
    this.#built = built
    this.#dir = dir
  }

  /**
   * @param {string} round its name
   * @param {Moment} moment
   * @param {'honest' | 'lying'} behavior
   * @returns {Promise<Outcome>}
   */
  async play(round, moment, behavior = 'honest') {
    const place = { built: this.#built, dir: this.#dir, round }
    const run = await runWriter({ ...place, behavior, moment, happen: (kill) => kill() })
    const lockFreeAfter = await takeTheLock(place, run.endedAt)
    for (const id of run.committed) this.#committed.add(id)
    const { groups, problems } = readRows(join(this.#dir, 'app.db'))
    problems.push(...run.problems, ...missingFrom(this.#committed, groups))
    const unacknowledged = [...groups].filter((id) => !this.#committed.has(id)).length - this.#seen
    this.#seen += unacknowledged
    return outcomeOf(run, { unacknowledged, lockFreeAfter, problems })
  }
}

/** @typedef {{ built: string, dir: string, round: string }} Place */

/**
 * The log is removed, or the database is replaced, while the writer works.
 * @param {Place} place with a new directory
 * @param {Moment} moment
 * @param {'log-removed' | 'database-replaced'} accident
 * @returns {Promise<Outcome>}
 */
export async function loseFiles(place, moment, accident) {
  const { dir } = place
  const happen = () => (accident === 'log-removed' ? removeLog : replaceDatabase)(dir)
  const run = await runWriter({ ...place, behavior: 'honest', moment, happen, patience })
  const problems = [...run.problems]
  if (run.lost !== 'ERR_DATADIR_DATABASE_REPLACED') problems.push(`the writer reported ${run.lost}`)
  if (!run.rescued) problems.push('the writer reported no rescued file')
  const lockFreeAfter = await takeTheLock(place, run.endedAt)
  const reported = run.rescued ? [run.rescued] : []
  const found = rowsIn(reported, problems)
  // A file that was copied in the middle of a checkpoint may be torn.
  const torn = accident === 'database-replaced' ? [] : problems
  for (const id of rowsIn([copyOf(dir)], torn)) found.add(id)
  problems.push(...missingFrom(run.committed, found))
  await openMending(place)
  const files = filesBesides(dir).filter((name) => name.endsWith('.db'))
  const after = rowsIn(
    files.map((name) => join(dir, name)),
    problems,
  )
  for (const id of rowsIn([join(dir, 'app.db')], torn)) after.add(id)
  problems.push(...missingFrom(run.committed, after).map((text) => `after the next start ${text}`))
  return outcomeOf(run, { lockFreeAfter, problems, elsewhere: elsewhere(run, dir) })
}

/**
 * The writer is killed and leaves a log. The user copies a backup over the database and starts the app.
 * @param {Place} place with a new directory
 * @param {Moment} moment
 * @returns {Promise<Outcome>}
 */
export async function restoreByHand(place, moment) {
  const { dir } = place
  const run = await runWriter({ ...place, behavior: 'backup', moment, happen: (kill) => kill() })
  const problems = [...run.problems]
  const lockFreeAfter = await takeTheLock(place, run.endedAt)
  const original = join(dir, 'original')
  mkdirSync(original)
  copyFileSync(join(dir, 'app.db'), join(original, 'app.db'))
  copyBackupOver(dir)
  const log = join(dir, 'app.db-wal')
  const hasLog = (statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0
  const before = hasLog ? bytesOf(dir) : undefined
  const refused = await codeOfOpening(place)
  if (before) {
    if (refused !== 'ERR_DATADIR_DATABASE_MISMATCH') problems.push(`the open ended with ${refused}`)
    const after = bytesOf(dir)
    if (!before.every((bytes, index) => bytes.equals(after[index] ?? Buffer.alloc(0)))) {
      problems.push('the open that was refused has changed a file')
    }
    await openMending(place)
    const aside = filesBesides(dir).find((name) => name.endsWith('-wal'))
    if (!aside) problems.push('the log was not set aside')
    else copyFileSync(join(dir, aside), join(original, 'app.db-wal'))
  }
  const { groups, problems: foundInBackup } = readRows(join(dir, 'app.db'))
  problems.push(...foundInBackup)
  if (!groups.has(`${place.round}-before`)) problems.push('the opened database is not the backup')
  const kept = rowsIn([join(original, 'app.db')], problems)
  problems.push(...missingFrom(run.committed, new Set([...groups, ...kept])))
  return outcomeOf(run, { lockFreeAfter, problems, elsewhere: elsewhere(run, dir) })
}

/**
 * The disk becomes full, and the writer is killed a moment later.
 * @param {Place} place with a new directory
 * @param {Moment} moment
 * @param {number} killAfter in milliseconds
 * @returns {Promise<Outcome>}
 */
export async function fillUp(place, moment, killAfter) {
  const unmount = mountSmall(place.dir)
  try {
    const happen = (/** @type {() => void} */ kill) => {
      fillDisk(place.dir)
      setTimeout(kill, killAfter)
    }
    const run = await runWriter({ ...place, behavior: 'honest', moment, happen })
    freeDisk(place.dir)
    const lockFreeAfter = await takeTheLock(place, run.endedAt)
    const { groups, problems } = readRows(join(place.dir, 'app.db'))
    problems.push(...run.problems, ...missingFrom(run.committed, groups))
    return outcomeOf(run, { lockFreeAfter, problems })
  } finally {
    unmount()
  }
}

/**
 * @param {Run} run
 * @param {Partial<Outcome> & Pick<Outcome, 'lockFreeAfter' | 'problems'>} found
 * @returns {Outcome}
 */
function outcomeOf({ committed, hadOpened }, found) {
  return { acknowledged: committed.size, unacknowledged: 0, elsewhere: 0, hadOpened, ...found }
}

/** @param {Run} run @param {string} dir */
function elsewhere(run, dir) {
  return missingFrom(run.committed, readRows(join(dir, 'app.db')).groups).length
}

/** @param {string[]} paths @param {string[]} problems */
function rowsIn(paths, problems) {
  const found = paths.map((path) => readRows(path))
  for (const { problems: those } of found) problems.push(...those)
  return new Set(found.flatMap(({ groups }) => [...groups]))
}

/** Copies the files, because SQLite would change them before the next start. @param {string} dir */
function copyOf(dir) {
  const folder = join(dir, 'look')
  mkdirSync(folder, { recursive: true })
  for (const name of ['app.db', 'app.db-wal']) {
    if (existsSync(join(dir, name))) copyFileSync(join(dir, name), join(folder, name))
  }
  return join(folder, 'app.db')
}

/** @param {string} dir */
function bytesOf(dir) {
  const paths = ['app.db', 'app.db-wal'].map((name) => join(dir, name))
  return paths.map((path) => (existsSync(path) ? readFileSync(path) : Buffer.alloc(0)))
}

/** @param {Place} place @param {string[]} path @returns {Promise<any>} */
const load = ({ built }, ...path) => import(pathToFileURL(join(built, ...path)).href)

/** @param {Place} place @param {number} since */
async function takeTheLock(place, since) {
  const { acquireDataDirLock } = /** @type {typeof import('../src/main/lock/data-dir-lock.ts')} */ (
    await load(place, 'lock', 'data-dir-lock.js')
  )
  // Throws if the lock is not free, and does not wait.
  const lock = acquireDataDirLock({ dir: place.dir })
  const after = performance.now() - since
  lock.release()
  return after
}

/** Opens as an app that accepts every repair. @param {Place} place */
async function openMending(place) {
  const { connect } = await loadPool(place)
  const pool = await connect({
    dir: place.dir,
    migrations,
    mode: 'inline',
    onDamaged: ({ choices }) => choices.find((choice) => choice !== 'keep') ?? 'keep',
  })
  await pool.close()
}

/** @param {Place} place @returns {Promise<string | undefined>} */
async function codeOfOpening(place) {
  const { connect } = await loadPool(place)
  try {
    const pool = await connect({ dir: place.dir, migrations, mode: 'inline' })
    await pool.close()
    return undefined
  } catch (error) {
    return /** @type {{ code?: string }} */ (error).code
  }
}

/** @param {Place} place @returns {Promise<typeof import('../src/main/sqlite/pool.ts')>} */
function loadPool(place) {
  return load(place, 'sqlite', 'pool.js')
}
