// @ts-check
// Accidents of the files of a data directory.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** @typedef {'kill' | 'log-removed' | 'database-replaced' | 'backup-copied-over' | 'disk-full'} Accident */

/** @type {readonly Accident[]} */
export const accidents = ['kill', 'log-removed', 'database-replaced', 'backup-copied-over', 'disk-full']

/** How often each is played in ten rounds. @type {readonly Accident[]} */
const mix = [
  'kill',
  'kill',
  'kill',
  'kill',
  'log-removed',
  'log-removed',
  'database-replaced',
  'backup-copied-over',
  'backup-copied-over',
  'disk-full',
]

/** @param {() => number} random @returns {Accident} */
export function chooseAccident(random) {
  return mix[Math.floor(random() * mix.length)] ?? 'kill'
}

const isRoot = process.platform === 'linux' && process.getuid?.() === 0

/** Why an accident cannot be played here. @param {Accident} accident */
export function whyNot(accident) {
  return accident === 'disk-full' && !isRoot ? 'a small filesystem needs root on Linux' : undefined
}

/** @param {string} dir */
export function removeLog(dir) {
  rmSync(join(dir, 'app.db-wal'), { force: true })
}

/** A copy of the file takes its place, as a sync client does it. @param {string} dir */
export function replaceDatabase(dir) {
  const copy = join(dir, 'copy')
  copyFileSync(join(dir, 'app.db'), copy)
  renameSync(copy, join(dir, 'app.db'))
}

/** The user copies a backup over the database, and leaves the log. @param {string} dir */
export function copyBackupOver(dir) {
  copyFileSync(join(dir, 'good-backup.db'), join(dir, 'app.db'))
}

const megabytes = 12

/** Mounts a small filesystem. @param {string} dir @returns {() => void} */
export function mountSmall(dir) {
  mkdirSync(dir, { recursive: true })
  run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'tmpfs', dir)
  return () => run('umount', '--lazy', dir)
}

/** @param {string} dir */
export function fillDisk(dir) {
  try {
    writeFileSync(join(dir, 'ballast'), Buffer.alloc(megabytes * 2 ** 20))
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOSPC') throw error
  }
}

/** @param {string} dir */
export function freeDisk(dir) {
  rmSync(join(dir, 'ballast'), { force: true })
}

/** @param {string} command @param {string[]} args */
function run(command, ...args) {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
}

/** Finds the files that were rescued or set aside. @param {string} dir */
export function filesBesides(dir) {
  return readdirSync(dir).filter((name) => /^app(\.db)?\.(rescued|set-aside|damaged)-/.test(name))
}
