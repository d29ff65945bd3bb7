// @ts-check
// The two users of a hostile run: one who runs the app, and one who attacks it. Neither is root. Root can look into
// every process, so an app that runs as root never has to do without what it cannot see.
import { fork, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** @typedef {{ uid: number, gid: number }} User */

// No account has these numbers as a rule. The app leaves a folder for sockets in the system's folder for temporary files,
// which must not be that of a person.
/** @type {User} */
export const victim = { uid: 61_000, gid: 61_000 }
/** @type {User} */
export const mallory = { uid: 61_001, gid: 61_001 }
/** Both are in this group. It shares the data directory in some rounds. */
export const sharedGroup = 61_002

/** The name of the folder in which the victim keeps sockets. */
export const socketFolder = `electron-datadir-${victim.uid}`

/**
 * The words with which setpriv becomes a user.
 * @param {User} user
 */
export const become = ({ uid, gid }) => [`--reuid=${uid}`, `--regid=${gid}`, `--groups=${gid},${sharedGroup}`]

/**
 * @param {User} user
 * @param {string} path
 */
const mayRead = (user, path) => spawnSync('setpriv', [...become(user), 'test', '-r', path]).status === 0

/**
 * @param {string} built
 * @returns {string | undefined} why there can be no second user, as half a sentence
 */
export function whyNoUsers(built) {
  if (process.platform !== 'linux') return `it is for Linux, and this is ${process.platform}`
  if (process.geteuid?.() !== 0) return 'becoming another user takes root'
  if (spawnSync('setpriv', ['--version']).status !== 0)
    return 'there is no setpriv; Debian has it in util-linux'
  const isReadable = [victim, mallory].every((user) => mayRead(user, join(built, 'main/node.js')))
  return isReadable ? undefined : `another user may not read ${built}`
}

/**
 * Finds a path to this program that other users may follow. If there is none, one is mounted.
 *
 * @param {string} folder for the mount
 * @returns {{ execPath: string, close: () => void }} close unmounts
 */
export function shareRuntime(folder) {
  const { execPath } = process
  if (mayRead(victim, execPath)) return { execPath, close: () => undefined }
  mkdirSync(folder)
  const { status, stderr } = spawnSync('mount', ['--bind', dirname(execPath), folder], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`another user may not read ${execPath}: ${stderr.trim()}`)
  return {
    execPath: join(folder, basename(execPath)),
    close: () => void spawnSync('umount', ['--lazy', folder]),
  }
}

/**
 * Starts a module as a user, with a channel for messages.
 *
 * @param {User} user
 * @param {string} execPath
 * @param {string} module
 * @param {string[]} args
 */
export function forkAs(user, execPath, module, args) {
  // A process that changes its user after it has started hides from its own user in /proc (man 5 proc_pid).
  return fork(module, args, {
    execPath: 'setpriv',
    execArgv: [...become(user), execPath],
    cwd: '/',
  })
}
