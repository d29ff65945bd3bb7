// @ts-check
// The lock and its peers in one process, Electron's Node: `peers.mjs BUILT DIR ROUNDS OPERATIONS`. Prints Times.
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'
import { pathToFileURL } from 'node:url'
import { flockSync } from 'fs-ext'
import properLockfile from 'proper-lockfile'
import { timeInRounds } from './rounds.mjs'

/**
 * Microseconds for each operation.
 * @typedef {object} Times
 * @property {number} acquire the lock of a directory and its release
 * @property {number} acquireBare open, flock, pwrite, close; of a record with pid, version and time
 * @property {number} acquireProperLockfile lockSync, unlockSync
 * @property {number} contended the refusal that names the holder
 * @property {number} contendedBare open, flock, read, close
 */

const [built = '', dir = '', rounds, operations] = argv.slice(2)
const size = { rounds: Number(rounds), operations: Number(operations) }
/** @param {string} file */
const load = (file) => import(pathToFileURL(join(built, 'main', file)).href)
const { acquireDataDirLock } = await load('lock/data-dir-lock.js')
const { startHolder } = await load('testing/api.js')

const folder = mkdtempSync(join(dir, 'datadir-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
/** @param {string} name */
const newFolder = (name) => mkdtempSync(join(folder, `${name}-`))

const flags = constants.O_RDWR | constants.O_CREAT
const version = '1.0.0'

function timeAcquiring() {
  const own = newFolder('own')
  const bare = join(newFolder('bare'), 'app.lock')
  const proper = newFolder('proper')
  return timeInRounds(
    {
      acquire: () => acquireDataDirLock({ dir: own, app: 'Bench', version }).release(),
      acquireBare: () => acquireBare(bare),
      acquireProperLockfile: () => {
        properLockfile.lockSync(proper)
        properLockfile.unlockSync(proper)
      },
    },
    size,
  )
}

/**
 * The smallest lock with a record. It checks nothing, and the close releases it.
 * @param {string} path
 */
function acquireBare(path) {
  const record = JSON.stringify({ pid: process.pid, version, started_at: new Date().toISOString() })
  const fd = openSync(path, flags, 0o600)
  flockSync(fd, 'exnb')
  writeSync(fd, record, 0)
  closeSync(fd)
}

async function timeContention() {
  const held = newFolder('held')
  const holder = await startHolder({ dir: held, app: 'Bench', version })
  const peers = {
    contended: () => contend(held, holder.pid),
    contendedBare: () => contendBare(holder.lockPath),
  }
  try {
    return timeInRounds(peers, size)
  } finally {
    await holder.kill()
  }
}

/**
 * @param {string} dir
 * @param {number} pid
 */
function contend(dir, pid) {
  try {
    acquireDataDirLock({ dir })
  } catch (error) {
    const { owner, holder } = /** @type {{ owner?: { pid: number }, holder?: { pid: number } }} */ (error)
    if (owner?.pid === pid && (process.platform !== 'linux' || holder?.pid === pid)) return
    throw error
  }
  throw new Error('the lock of a holder was given to another process')
}

/** @param {string} path */
function contendBare(path) {
  const fd = openSync(path, flags, 0o600)
  try {
    flockSync(fd, 'exnb')
  } catch {
    // The lock is held, as expected. Now the record is read.
    const record = Buffer.allocUnsafe(4096)
    readSync(fd, record, 0, record.length, 0)
    return
  } finally {
    closeSync(fd)
  }
  throw new Error('the lock of a holder was given to another process')
}

process.stdout.write(JSON.stringify({ ...timeAcquiring(), ...(await timeContention()) }))
