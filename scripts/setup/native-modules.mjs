// @ts-check
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { compileForStockElectron } from './compile-natives.mjs'
import { besidePackages, packageFolder, root, userCache } from './places.mjs'
import { run, withoutNpmSettings } from './run.mjs'
import { isStamped, writeStamp } from './stamp.mjs'
import { step } from './step.mjs'
import { inWorkFolder } from './work-folder.mjs'

/** @typedef {import('./electron-runtime.mjs').ElectronRuntime} ElectronRuntime */

const stamp = join(besidePackages, 'natives.json')

// Count up when the way they are compiled changes.
const revision = 1

const fsExt = join(packageFolder('fs-ext'), 'build', 'Release', 'fs_ext.node')
const betterSqlite3 = join(packageFolder('better-sqlite3'), 'build', 'Release', 'better_sqlite3.node')

/**
 * The two native modules as `runtime` needs them, known to work in it. What was compiled once is kept in
 * the user's cache for the next clone.
 * @param {ElectronRuntime} runtime
 */
export async function buildNativeModules(runtime) {
  const key = keyFor(runtime)
  if (isStamped(stamp, key)) return
  const kept = join(userCache, 'natives', key)
  if (!(await keptOnesWork(kept, runtime))) {
    const about = {
      name: 'native modules',
      doing: `compiling for Electron ${runtime.version}, the slowest part`,
      next: 'see that make, g++ and python3 work and that headers can be fetched, then run this again',
    }
    await step(about, async () => {
      await build(kept, runtime)
      await install(kept, runtime)
    })
  }
  writeStamp(stamp, key, filesFor(runtime))
}

/** @param {ElectronRuntime} runtime */
function keyFor({ source, version }) {
  const modules = ['fs-ext', 'better-sqlite3'].map((name) => {
    const manifest = JSON.parse(readFileSync(join(packageFolder(name), 'package.json'), 'utf8'))
    return `${name}-${manifest.version}`
  })
  return [source, version, process.platform, process.arch, ...modules, `r${revision}`].join('-')
}

/**
 * better-sqlite3 brings its own Node-API builds, which Electron 35 and later load as they are.
 * @param {ElectronRuntime} runtime
 */
const filesFor = ({ source }) => (source === 'download' ? [fsExt] : [fsExt, betterSqlite3])

/**
 * @param {string} kept
 * @param {ElectronRuntime} runtime
 */
async function keptOnesWork(kept, runtime) {
  if (!existsSync(kept)) return false
  try {
    await install(kept, runtime)
    return true
  } catch {
    return false
  }
}

/**
 * @param {string} kept
 * @param {ElectronRuntime} runtime
 */
async function build(kept, runtime) {
  await inWorkFolder(dirname(kept), async (work) => {
    if (runtime.source === 'download') await rebuildInPlace(work, runtime)
    else await compileForStockElectron(work)
    rmSync(kept, { recursive: true, force: true })
    renameSync(work, kept)
  })
}

/**
 * The ordinary way.
 * @param {string} into
 * @param {ElectronRuntime} runtime
 */
async function rebuildInPlace(into, { version }) {
  const cli = join(packageFolder('@electron/rebuild'), 'lib', 'cli.js')
  const args = ['--version', version, '--module-dir', root, '--only', 'fs-ext', '--force']
  await run('electron-rebuild', process.execPath, [cli, ...args], { env: withoutNpmSettings() })
  copyFileSync(fsExt, join(into, basename(fsExt)))
}

/**
 * @param {string} kept
 * @param {ElectronRuntime} runtime
 */
async function install(kept, runtime) {
  // A build for another runtime would be preferred to better-sqlite3's own.
  rmSync(dirname(dirname(betterSqlite3)), { recursive: true, force: true })
  for (const file of filesFor(runtime)) {
    mkdirSync(dirname(file), { recursive: true })
    // Not written over in place: a process that has the old one loaded would crash.
    copyFileSync(join(kept, basename(file)), `${file}.new`)
    renameSync(`${file}.new`, file)
  }
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '' }
  const check = join(import.meta.dirname, 'check-natives.mjs')
  await run('check-natives', runtime.electronPath, [check], { env, timeout: 60_000 })
}
