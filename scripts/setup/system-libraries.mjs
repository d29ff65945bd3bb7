// @ts-check
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './run.mjs'
import { SetupError, say, step } from './step.mjs'

const name = 'system libraries'

/** Electron links these. */
export const electronLibraries = [
  ...['libgtk-3-0', 'libnss3', 'libatk1.0-0', 'libatk-bridge2.0-0', 'libasound2', 'libgbm1', 'libxss1'],
  ...['libcups2', 'libdrm2', 'libxkbcommon0', 'libnotify4'],
]

const neededAlways = [
  ...electronLibraries,
  // The native modules are compiled with these.
  ...['make', 'g++', 'python3'],
  // The stock Electron comes in a zip file.
  'unzip',
]

const neededForVirtualDisplay = [
  ...['xvfb', 'xauth', 'openbox', 'xdotool', 'wmctrl', 'x11-utils', 'dbus-x11', 'fonts-dejavu-core'],
  ...['imagemagick', 'libglib2.0-bin', 'util-linux'],
]

// Without these, the tests that need them are skipped and say so.
const neededForTests = [
  // A Wayland compositor, a file manager to double-click in, a window manager with focus-stealing prevention.
  ...['sway', 'pcmanfm', 'metacity'],
  // Filesystems whose locks are not what they seem.
  ...['bindfs', 'libfuse3-dev'],
  // A database server, and the command that cuts its network.
  ...['postgresql', 'iproute2'],
]

/**
 * What a command needs besides Electron.
 * @typedef {object} Wanted
 * @property {boolean} virtualDisplay whether windows are opened on a virtual screen
 * @property {boolean} [tests] whether the tests will run
 */

/**
 * Everything the set-up needs from a Linux distribution, under Debian's names.
 * @param {Wanted} wanted
 */
export async function installSystemLibraries({ virtualDisplay, tests = false }) {
  if (process.platform !== 'linux') return
  const wanted = [
    ...neededAlways,
    ...(virtualDisplay ? neededForVirtualDisplay : []),
    ...(tests ? neededForTests : []),
  ]
  const installed = installedPackages(wanted)
  if (!installed) {
    say(`${name}: not Debian: install what corresponds to ${wanted.join(' ')}`)
    return
  }
  const missing = wanted.filter((library) => !spellings(library).some((spelling) => installed.has(spelling)))
  if (missing.length === 0) return
  if (process.getuid?.() === 0) await aptInstall(missing)
  else askForThem(missing)
}

/**
 * Debian 13 and Ubuntu 24.04 renamed some libraries when time_t grew to 64 bits.
 * @param {string} library
 */
const spellings = (library) => (library.startsWith('lib') ? [`${library}t64`, library] : [library])

/**
 * @param {string[]} wanted
 * @returns {Set<string | undefined> | undefined} undefined if the system does not use dpkg
 */
function installedPackages(wanted) {
  const { stdout, error } = spawnSync('dpkg-query', ['--list', ...wanted.flatMap(spellings)], {
    encoding: 'utf8',
  })
  if (error) return undefined
  return new Set([...stdout.matchAll(/^ii +([^ :]+)/gm)].map(([, found]) => found))
}

/** @param {string[]} missing */
export async function aptInstall(missing) {
  const about = {
    name,
    doing: `apt-get install ${missing.join(' ')}`,
    next: `check that apt-get reaches its archive, or install them by hand: ${installCommand(missing)}`,
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const patience = ['-o', 'DPkg::Lock::Timeout=120']
  await step(about, async () => {
    await run('apt-get', 'apt-get', ['update'], { env })
    const install = ['install', '--yes', '--no-install-recommends', ...patience, ...available(missing)]
    const installing = () => run('apt-get', 'apt-get', install, { env })
    await (missing.includes('postgresql') ? withoutDebiansServer(installing) : installing())
  })
}

/**
 * Debian creates a server when it installs PostgreSQL, and starts it as a service. The tests start servers of their own.
 * @param {() => Promise<void>} install
 */
async function withoutDebiansServer(install) {
  const settings = '/etc/postgresql-common/createcluster.d'
  const file = join(settings, 'electron-datadir-tests.conf')
  mkdirSync(settings, { recursive: true })
  writeFileSync(file, 'create_main_cluster = false\n')
  try {
    await install()
  } finally {
    rmSync(file)
  }
}

/**
 * The spelling that this release of the distribution has.
 * @param {string[]} missing
 */
function available(missing) {
  const { stdout } = spawnSync('apt-cache', ['show', ...missing.flatMap(spellings)], { encoding: 'utf8' })
  const known = new Set([...stdout.matchAll(/^Package: (.+)$/gm)].map(([, found]) => found))
  return missing.map((library) => spellings(library).find((spelling) => known.has(spelling)) ?? library)
}

/** @param {string[]} missing */
function askForThem(missing) {
  const needed = missing.filter((library) => neededAlways.includes(library))
  if (needed.length > 0) {
    throw new SetupError(name, `missing: ${needed.join(' ')}`, `run: ${installCommand(missing)}`)
  }
  const wanted = missing.filter((library) => neededForVirtualDisplay.includes(library))
  if (wanted.length > 0)
    say(`${name}: the tour and the end-to-end tests will not run without: ${installCommand(wanted)}`)
  const asked = missing.filter((library) => neededForTests.includes(library))
  if (asked.length > 0) say(`${name}: some tests will be skipped without: ${installCommand(asked)}`)
}

/** @param {string[]} missing */
const installCommand = (missing) =>
  `sudo apt-get install --no-install-recommends ${available(missing).join(' ')}`
