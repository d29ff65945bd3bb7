// @ts-check
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { wholeNumber } from '../random.mjs'
import { scripts } from './her-holders.mjs'
import { mallory, socketFolder, victim } from './users.mjs'

/**
 * @typedef {object} Her
 * @property {string} dir
 * @property {string} tmp
 * @property {string} home a folder that only she can enter
 * @property {string} mark
 * @property {string} precious
 * @property {() => number} random
 * @property {import('./her-sockets.mjs').HerSockets} sockets
 * @property {import('./her-holders.mjs').HerHolders} holders
 * @property {(facts: Record<string, unknown>) => Buffer} record
 */

const ours = [
  'app.lock',
  'app.lock',
  'app.sock',
  'app.owner.json',
  `app.token-${victim.uid}`,
  '.datadir-guard',
]
const states = ['starting', 'ready', 'ready', 'ready', 'migrating', 'asking', 'quitting']
const modes = [0o666, 0o666, 0o644, 0o600]

/**
 * @template T
 * @param {Her} her
 * @param {readonly T[]} list
 */
const pick = ({ random }, list) => /** @type {T} */ (list[wholeNumber(random, 0, list.length - 1)])

/**
 * A name that the app uses, or one that is there.
 * @param {Her} her
 */
const target = (her) => join(her.dir, pick(her, [...ours, ...readdirSync(her.dir)]))

/** @param {Her} her */
const lockFile = ({ dir }) => join(dir, 'app.lock')

const { O_WRONLY, O_CREAT, O_TRUNC, O_NONBLOCK } = constants

/**
 * Writes a file. It does not wait for a reader if the path is a FIFO.
 * @param {Her} her
 * @param {string} path
 * @param {string | Buffer} content
 */
function write(her, path, content) {
  writeFileSync(path, content, { flag: /** @type {any} */ (O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK) })
  chmodSync(path, pick(her, modes))
}

/** @param {string} path */
const remove = (path) => rmSync(path, { recursive: true, force: true })

/**
 * Holds a lock for a part of the round, in a way that the kernel does not tell apart well.
 * @param {Her} her
 * @param {string} path
 */
function hold(her, path) {
  const how = /** @type {keyof typeof scripts} */ (pick(her, Object.keys(scripts)))
  return her.holders.hold(how, path, wholeNumber(her.random, 1, 20) / 10)
}

/** @param {Her} her */
async function listen(her) {
  const folder = pick(her, [her.dir, her.tmp, her.home])
  const path = folder === her.dir && her.random() < 0.5 ? join(folder, 'app.sock') : join(folder, 'hers.sock')
  remove(path)
  await her.sockets.listen(path, her.mark, her.random())
  chmodSync(path, 0o777)
  if (her.random() < 0.7) return path
  const link = join(her.dir, 'link.sock')
  remove(link)
  if (her.random() < 0.5) symlinkSync(path, link)
  else linkSync(path, link)
  return link
}

/**
 * A record with the identity of a process of the victim.
 * @param {Her} her
 * @param {string} [endpoint]
 */
function plantRecord(her, endpoint) {
  const record = her.record({
    state: pick(her, states),
    ...(her.random() < 0.3 && { uid: pick(her, [victim.uid, mallory.uid, 0]) }),
    ...(endpoint && { endpoint, token: 'hers' }),
  })
  const path = lockFile(her)
  if (her.random() < 0.7) remove(path)
  write(her, path, record)
}

/** What she does, one step at a time. What fails is not possible in this directory. */
export const attacks = {
  /** A record of the victim's process, a socket of her own, and a lock through a forked child for the whole round. */
  async impersonate(/** @type {Her} */ her) {
    plantRecord(her, await listen(her))
    chmodSync(lockFile(her), 0o666)
    await her.holders.hold(her.random() < 0.7 ? 'dead' : 'zombie', lockFile(her), 4)
  },
  async plantRecord(/** @type {Her} */ her) {
    plantRecord(her, her.random() < 0.5 ? await listen(her) : undefined)
  },
  holdLock: (/** @type {Her} */ her) => hold(her, lockFile(her)),
  holdAnything: (/** @type {Her} */ her) => hold(her, target(her)),
  holdDirectory: (/** @type {Her} */ her) => hold(her, her.dir),
  listen: (/** @type {Her} */ her) => listen(her),
  remove: (/** @type {Her} */ her) => remove(target(her)),
  removeTwo(/** @type {Her} */ her) {
    remove(target(her))
    remove(target(her))
  },
  replace(/** @type {Her} */ her) {
    const path = join(her.dir, 'new')
    write(her, path, pick(her, ['', 'nonsense', her.record({})]))
    renameSync(path, target(her))
  },
  moveAway: (/** @type {Her} */ her) => renameSync(target(her), join(her.home, 'moved')),
  symbolicLink(/** @type {Her} */ her) {
    const path = target(her)
    remove(path)
    symlinkSync(pick(her, [her.precious, join(her.home, 'none'), '/dev/null', '.', lockFile(her)]), path)
  },
  hardLink(/** @type {Her} */ her) {
    const path = target(her)
    remove(path)
    linkSync(her.precious, path)
  },
  fifo(/** @type {Her} */ her) {
    const path = target(her)
    remove(path)
    spawnSync('mkfifo', ['-m', '666', path])
  },
  async socket(/** @type {Her} */ her) {
    const path = target(her)
    remove(path)
    await her.sockets.listen(path, her.mark, her.random())
    chmodSync(path, 0o777)
  },
  directory(/** @type {Her} */ her) {
    const path = target(her)
    remove(path)
    mkdirSync(path)
    chmodSync(path, pick(her, [0o777, 0o755, 0o700]))
    if (her.random() < 0.5) write(her, join(path, 'lock'), 'hers')
  },
  /** The name under which the victim may want a folder for sockets. */
  squat(/** @type {Her} */ her) {
    const path = join(her.tmp, socketFolder)
    if (her.random() < 0.3) symlinkSync(her.home, path)
    else mkdirSync(path, { mode: 0o777 })
  },
  nonsense(/** @type {Her} */ her) {
    for (const path of socketsIn(her)) {
      for (let callers = wholeNumber(her.random, 1, 40); callers > 0; callers--) {
        const text = pick(her, ['x'.repeat(100_000), '{"v":1,"type":"status","token":"no"}\n', '\0\n', '{'])
        const socket = createConnection(path, () => socket.write(text))
        socket.on('error', () => undefined).setTimeout(300, () => socket.destroy())
      }
    }
  },
}

/** @typedef {keyof typeof attacks} AttackName */

const names = /** @type {AttackName[]} */ (Object.keys(attacks))

/**
 * The steps of a round. Two of them come before the race.
 * @param {() => number} random
 * @returns {AttackName[]}
 */
export function planned(random) {
  const kind = random()
  if (kind < 0.2) return ['impersonate']
  const drawn = Array.from({ length: wholeNumber(random, 3, 9) }, () =>
    wholeNumber(random, 0, names.length - 1),
  )
  const steps = drawn.flatMap((index) => names[index] ?? [])
  return kind < 0.4 ? ['impersonate', ...steps] : steps
}

/** @param {Her} her */
function socketsIn({ dir, tmp }) {
  const folders = [dir, tmp]
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .map((name) => join(folder, name))
      .filter((path) => lstatSync(path, { throwIfNoEntry: false })?.isSocket()),
  )
}
