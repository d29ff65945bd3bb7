// @ts-check
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { sharedGroup, victim } from './users.mjs'

const preciousText = 'precious\n'.repeat(1_000)

/** Everybody may write there, everybody with a sticky bit, and a group that shares it. */
const modes = [
  { mode: 0o777, gid: victim.gid },
  { mode: 0o777, gid: victim.gid },
  { mode: 0o1777, gid: victim.gid },
  { mode: 0o2770, gid: sharedGroup },
]

/**
 * The data directory of one round and what is beside it.
 * @typedef {object} RoundFolder
 * @property {string} path
 * @property {string} dir the data directory, which the hostile user may write to
 * @property {string} tmp the folder for temporary files that both users have
 * @property {string} alias a link to `dir`
 * @property {string} precious a file of the victim
 */

/**
 * @param {string} folder
 * @param {number} round
 * @param {number} seed
 * @returns {RoundFolder}
 */
export function makeRoundFolder(folder, round, seed) {
  const path = join(folder, `round-${round}`)
  const dir = join(path, 'data')
  const tmp = join(path, 'tmp')
  const alias = join(path, 'alias')
  const precious = join(path, 'precious')
  const { mode, gid } = modes[(round + seed) % modes.length] ?? { mode: 0o777, gid: victim.gid }
  makeFolder(path, 0o755, 0, 0)
  makeFolder(dir, mode, victim.uid, gid)
  makeFolder(tmp, 0o1777, 0, 0)
  symlinkSync(dir, alias)
  writeFileSync(precious, preciousText, { mode: 0o644 })
  chownSync(precious, victim.uid, victim.gid)
  return { path, dir, tmp, alias, precious }
}

/**
 * @param {string} path
 * @param {number} mode
 * @param {number} uid
 * @param {number} gid
 */
function makeFolder(path, mode, uid, gid) {
  mkdirSync(path)
  chownSync(path, uid, gid)
  chmodSync(path, mode)
}

/** @param {RoundFolder} folder */
export const isPreciousIntact = ({ precious }) => readFileSync(precious, 'utf8') === preciousText

/** @typedef {{ dir: string }} Place */

const lockFile = (/** @type {Place} */ { dir }) => join(dir, 'app.lock')
const remove = (/** @type {string} */ path) => rmSync(path, { recursive: true, force: true })

/** The damage of the other rounds, to whatever is in the lock file's place. */
export const damage = {
  unlinkLockFile: (/** @type {Place} */ place) => remove(lockFile(place)),
  replaceLockFile(/** @type {Place} */ place) {
    const path = join(place.dir, 'replacement')
    remove(path)
    writeFileSync(path, '')
    chmodSync(path, 0o666)
    remove(lockFile(place))
    renameSync(path, lockFile(place))
  },
}
