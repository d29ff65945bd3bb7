// @ts-check
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../setup/run.mjs'
import { electronLibraries } from '../setup/system-libraries.mjs'

const kernel = 'linux-image-amd64'

// Without daemons of systemd and without maintainer scripts: the guests start what they need by themselves.
const wanted = [
  'busybox-static',
  ...['nfs-kernel-server', 'nfs-common', 'rpcbind'],
  ...['samba', 'cifs-utils'],
  ...['openssh-server', 'openssh-client', 'sshfs'],
  ...electronLibraries,
]

/** The packages whose versions the table names. */
const versioned = ['linux-image', 'nfs-kernel-server', 'samba', 'sshfs']

/** Whether apt offers Debian's kernel; Ubuntu's has another name and comes in several packages. */
export const hasDebianKernel = () =>
  spawnSync('apt-cache', ['show', '--no-all-versions', kernel], { encoding: 'utf8' }).status === 0

/**
 * Downloads the packages with all that they depend on, and unpacks them. Nothing is installed on this computer.
 * @param {string} tree an empty folder
 * @param {string} work a folder for what is removed later
 * @returns {Promise<Record<string, string>>} the versions that the table names
 */
export async function unpackDebian(tree, work) {
  const archives = join(work, 'archives')
  mkdirSync(join(archives, 'partial'), { recursive: true })
  // With no package installed, apt downloads the whole of it, libc included.
  const nothing = join(work, 'status')
  writeFileSync(nothing, '')
  const options = [
    ...['-o', `Dir::State::status=${nothing}`, '-o', `Dir::Cache::archives=${archives}`],
    // This computer's own package database is not touched, so its lock is not needed.
    ...['-o', 'Debug::NoLocking=true', '-o', 'APT::Sandbox::User='],
  ]
  const install = ['install', '--yes', '--download-only', '--no-install-recommends', ...wanted]
  await run('netfs-apt', 'apt-get', [...options, ...install])
  // The package itself, without the tools that make an initramfs on a computer that boots it.
  await run('netfs-apt', 'apt-get', [...options, 'download', kernelPackage()], { cwd: archives })
  const files = readdirSync(archives).filter((name) => name.endsWith('.deb'))
  for (const file of files) await run('netfs-dpkg', 'dpkg-deb', ['--extract', join(archives, file), tree])
  rmSync(archives, { recursive: true })
  return Object.fromEntries(versioned.map((name) => [name, versionOf(name, files)]))
}

/** The newest kernel's own package: the other name is only a pointer to it. */
function kernelPackage() {
  const { stdout } = spawnSync('apt-cache', ['depends', kernel], { encoding: 'utf8' })
  const found = /Depends: (linux-image-\S+)/.exec(stdout)?.[1]
  if (!found) throw new Error(`${kernel} names no kernel:\n${stdout}`)
  return found
}

/**
 * @param {string} name
 * @param {string[]} files
 */
function versionOf(name, files) {
  const file = files.find((file) => file.startsWith(`${name}_`) || file.startsWith(`${name}-`)) ?? ''
  return decodeURIComponent(file.split('_')[1] ?? 'unknown').replace(/^\d+:/, '')
}
