// @ts-check
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { userCache } from '../setup/places.mjs'
import { run } from '../setup/run.mjs'
import { isStamped, writeStamp } from '../setup/stamp.mjs'
import { say, step } from '../setup/step.mjs'
import { inWorkFolder } from '../setup/work-folder.mjs'
import { unpackDebian } from './debian-packages.mjs'
import { makeImage } from './image.mjs'

/**
 * @typedef {object} SystemImage
 * @property {string} kernel
 * @property {string} initramfs
 * @property {string} system
 * @property {Record<string, string>} versions of Debian's packages
 */

// Count up when what is made of the packages changes.
const revision = 1
const name = 'guest system'

// What Electron needs when it runs as Node.
const electronFiles = [
  ...['electron', 'icudtl.dat', 'snapshot_blob.bin', 'v8_context_snapshot.bin', 'libffmpeg.so'],
]

// Enough to find the disks; the rest of the modules is on them.
const earlyModules = [
  ...['virtio', 'virtio_ring', 'virtio_pci_modern_dev', 'virtio_pci_legacy_dev', 'virtio_pci', 'virtio_blk'],
  ...['crc16', 'crc32c_generic', 'mbcache', 'jbd2', 'ext4', 'overlay'],
]

const unneeded = [
  ...['doc', 'man', 'locale', 'icons', 'fonts', 'info', 'lintian', 'zoneinfo'].map((it) => `usr/share/${it}`),
  'usr/lib/python3',
]
const neededDrivers = ['virtio', 'block', 'char', 'net']
const neededNetDrivers = ['virtio_net.ko', 'net_failover.ko']

/**
 * Debian with its kernel, and Electron: kept for the next run. Delete its folder to have newer packages.
 * @param {import('../setup/electron-runtime.mjs').ElectronRuntime} runtime
 * @returns {Promise<SystemImage>}
 */
export async function systemImage(runtime) {
  const key = `r${revision} electron ${runtime.version}`
  const folder = join(userCache, `netfs-r${revision}-electron-${runtime.version}`)
  const stamp = `${folder}.json`
  if (!isStamped(stamp, key)) {
    const about = {
      name,
      doing: 'Debian packages into an image, 170 MB to download',
      next: 'see whether apt-get reaches its archive and whether the disk has 2 GB to spare, then run this again',
    }
    await step(about, () =>
      inWorkFolder(userCache, async (work) => {
        const made = join(work, 'made')
        await makeSystem(made, work, runtime)
        rmSync(folder, { recursive: true, force: true })
        renameSync(made, folder)
        writeStamp(
          stamp,
          key,
          readdirSync(folder).map((file) => join(folder, file)),
        )
      }),
    )
    say(`${name}: kept in ${folder}; delete that folder to make it of newer packages`)
  }
  return {
    kernel: join(folder, 'vmlinuz'),
    initramfs: join(folder, 'initramfs'),
    system: join(folder, 'system.ext4'),
    versions: JSON.parse(readFileSync(join(folder, 'versions.json'), 'utf8')),
  }
}

/**
 * @param {string} made where the files go
 * @param {string} work
 * @param {import('../setup/electron-runtime.mjs').ElectronRuntime} runtime
 */
async function makeSystem(made, work, { distDir, version }) {
  const tree = join(work, 'tree')
  for (const folder of [made, tree]) mkdirSync(folder)
  const versions = await unpackDebian(tree, work)
  writeFileSync(join(made, 'versions.json'), JSON.stringify({ ...versions, electron: version }))
  const kernel = readdirSync(join(tree, 'boot')).find((file) => file.startsWith('vmlinuz-')) ?? ''
  cpSync(join(tree, 'boot', kernel), join(made, 'vmlinuz'))
  prune(tree)
  const release = kernel.replace('vmlinuz-', '')
  await run('netfs-depmod', join(tree, 'bin', 'busybox'), ['depmod', '-b', tree, release])
  await makeInitramfs(join(made, 'initramfs'), { tree, release, work })
  for (const file of electronFiles) cpSync(join(distDir, file), join(tree, 'opt', 'electron', file))
  // The kernel calls the latter.
  symlinkSync('busybox', join(tree, 'bin', 'sh'))
  rmSync(join(tree, 'sbin', 'modprobe'), { force: true })
  symlinkSync('../bin/busybox', join(tree, 'sbin', 'modprobe'))
  await makeImage(tree, join(made, 'system.ext4'), 1000)
}

/** @param {string} tree */
function prune(tree) {
  for (const path of [...unneeded, 'boot']) rmSync(join(tree, path), { recursive: true, force: true })
  const modules = join(tree, 'lib', 'modules')
  const [release = ''] = readdirSync(modules)
  const kernel = join(modules, release, 'kernel')
  rmSync(join(kernel, 'sound'), { recursive: true, force: true })
  keepOnly(join(kernel, 'drivers'), neededDrivers)
  keepOnly(join(kernel, 'drivers', 'net'), neededNetDrivers)
}

/**
 * @param {string} folder
 * @param {string[]} names
 */
function keepOnly(folder, names) {
  for (const entry of readdirSync(folder)) {
    if (!names.includes(entry)) rmSync(join(folder, entry), { recursive: true })
  }
}

/**
 * @param {string} file
 * @param {{ tree: string, release: string, work: string }} from
 */
async function makeInitramfs(file, { tree, release, work }) {
  const early = join(work, 'early')
  const busybox = join(tree, 'bin', 'busybox')
  const modules = join('lib', 'modules', release)
  cpSync(busybox, join(early, 'bin', 'busybox'))
  cpSync(join(import.meta.dirname, 'guest', 'init'), join(early, 'init'))
  const all = readdirSync(join(tree, modules), { recursive: true, encoding: 'utf8' })
  for (const module of earlyModules) {
    const path = all.find((path) => path.endsWith(`/${module}.ko`))
    if (!path) throw new Error(`Debian's kernel ${release} has no module ${module}`)
    mkdirSync(dirname(join(early, modules, path)), { recursive: true })
    cpSync(join(tree, modules, path), join(early, modules, path))
  }
  await run('netfs-depmod', busybox, ['depmod', '-b', early, release])
  const pack = 'chmod 755 init && find . | "$0" cpio -o -H newc >"$1"'
  await run('netfs-cpio', 'sh', ['-c', pack, busybox, file], { cwd: early })
  if (!existsSync(file)) throw new Error('no initramfs was made')
}
