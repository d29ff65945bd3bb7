// @ts-check
// Filesystems for one run, which are removed after it: an image in a folder, or no image if the filesystem needs no disk.
import { spawnSync } from 'node:child_process'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const filesystems = /** @type {const} */ (['ext4', 'xfs', 'btrfs', 'tmpfs', 'overlay'])

/** @typedef {typeof filesystems[number]} FilesystemName */
/** @typedef {{ dir: string, close: () => void }} Mounted close unmounts, even if a process still uses it */
/** @typedef {{ missing: string }} NotMounted the reason why there is none here */

// xfs needs at least 300 MB. The image is sparse.
const imageBytes = 512 * 1024 * 1024
const makers = {
  ext4: { command: ['mkfs.ext4', '-q', '-F'], debianPackage: 'e2fsprogs' },
  xfs: { command: ['mkfs.xfs', '-q', '-f'], debianPackage: 'xfsprogs' },
  btrfs: { command: ['mkfs.btrfs', '-q', '-f'], debianPackage: 'btrfs-progs' },
}

/**
 * Makes a filesystem and mounts it.
 * @param {FilesystemName} name
 * @param {string} folder an empty folder, for the mount point and the image
 * @param {number} [bytes]
 * @returns {Mounted | NotMounted}
 */
export function mountFilesystem(name, folder, bytes = imageBytes) {
  if (process.platform !== 'linux') return { missing: `it is for Linux, and this is ${process.platform}` }
  const dir = join(folder, 'mount')
  mkdirSync(dir)
  if (name === 'tmpfs') return mount(dir, ['-t', 'tmpfs', '-o', `size=${bytes},mode=700`, 'tmpfs'])
  if (name === 'overlay') return mountOverlay(dir, folder)
  const image = join(folder, 'image')
  const missing = makeImage(name, image, bytes)
  return missing ? { missing } : mount(dir, ['-t', name, '-o', 'loop', image])
}

/**
 * @param {keyof typeof makers} name
 * @param {string} image
 * @param {number} bytes
 * @returns {string | undefined} the reason if it could not be made
 */
function makeImage(name, image, bytes) {
  const { command, debianPackage } = makers[name]
  const [program = '', ...options] = command
  writeFileSync(image, '')
  truncateSync(image, bytes)
  const { status, error, stderr } = spawnSync(program, [...options, image], { encoding: 'utf8' })
  if (status === 0) return undefined
  const isUnknown = /** @type {NodeJS.ErrnoException | undefined} */ (error)?.code === 'ENOENT'
  if (isUnknown) return `there is no ${program}; Debian has it in ${debianPackage}`
  return `${program} failed: ${error?.message ?? oneLine(stderr)}`
}

/**
 * @param {string} dir
 * @param {string} folder
 */
function mountOverlay(dir, folder) {
  const [lower, upper, work] = ['lower', 'upper', 'work'].map((name) => join(folder, name))
  for (const layer of [lower, upper, work]) mkdirSync(layer ?? '')
  const layers = `lowerdir=${lower},upperdir=${upper},workdir=${work}`
  return mount(dir, ['-t', 'overlay', '-o', layers, 'overlay'])
}

/**
 * @param {string} dir
 * @param {string[]} args
 * @returns {Mounted | NotMounted}
 */
function mount(dir, args) {
  const { status, error, stderr } = spawnSync('mount', [...args, dir], { encoding: 'utf8' })
  if (status !== 0) return { missing: error?.message ?? oneLine(stderr) }
  return { dir, close: () => unmount(dir) }
}

/** @param {string} dir */
export function unmount(dir) {
  // A killed process takes a moment to close its files.
  for (let attempt = 0; attempt < 20; attempt++) {
    if (spawnSync('umount', [dir]).status === 0) return
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
  }
  // The path is free at once. The filesystem goes with its last user.
  spawnSync('umount', ['--lazy', dir])
}

/** @param {string} text */
const oneLine = (text) => text.trim().split('\n', 1)[0] ?? ''
