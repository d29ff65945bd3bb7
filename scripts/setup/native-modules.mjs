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

// Count up when the way they are compiled changes.
const revision = 1

/**
 * @typedef {object} ModuleSet Native modules that are compiled, kept and installed together.
 * @property {string} name
 * @property {readonly string[]} modules
 * @property {(runtime: ElectronRuntime) => readonly string[]} compiled the modules among them that must be compiled
 * @property {string} check the script that uses them
 */

/** @type {ModuleSet} */
const appModules = {
  name: 'natives',
  modules: ['fs-ext', 'better-sqlite3'],
  // better-sqlite3 brings its own Node-API builds, which Electron 35 and later load as they are.
  compiled: ({ source }) => (source === 'download' ? ['fs-ext'] : ['fs-ext', 'better-sqlite3']),
  check: 'check-natives.mjs',
}

/** Only tests use it. @type {ModuleSet} */
const testModules = {
  name: 'test-natives',
  modules: ['better-sqlite3-multiple-ciphers'],
  compiled: () => ['better-sqlite3-multiple-ciphers'],
  check: 'check-test-natives.mjs',
}

/**
 * The native modules as `runtime` needs them, known to work in it. What was compiled once is kept in
 * the user's cache for the next clone.
 * @param {ElectronRuntime} runtime
 * @param {{ tests?: boolean }} [wanted]
 */
export async function buildNativeModules(runtime, { tests } = {}) {
  const sets = tests ? [appModules, testModules] : [appModules]
  if (runtime.source === 'fallback') await Promise.all(sets.map((set) => buildSet(set, runtime)))
  // Two runs of @electron/rebuild would download the same headers to the same place.
  else for (const set of sets) await buildSet(set, runtime)
}

/**
 * @param {ModuleSet} set
 * @param {ElectronRuntime} runtime
 */
async function buildSet(set, runtime) {
  const stamp = join(besidePackages, `${set.name}.json`)
  const key = keyFor(set, runtime)
  if (isStamped(stamp, key)) return
  const kept = join(userCache, 'natives', key)
  if (!(await keptOnesWork(set, kept, runtime))) {
    const about = {
      name: set === testModules ? 'native modules for tests' : 'native modules',
      doing: `compiling for Electron ${runtime.version}, the slowest part`,
      next: 'see that make, g++ and python3 work and that headers can be fetched, then run this again',
    }
    await step(about, async () => {
      await build(set, kept, runtime)
      await install(set, kept, runtime)
    })
  }
  writeStamp(stamp, key, set.compiled(runtime).map(binaryOf))
}

/**
 * @param {ModuleSet} set
 * @param {ElectronRuntime} runtime
 */
function keyFor({ modules }, { source, version }) {
  const versions = modules.map((name) => {
    const manifest = JSON.parse(readFileSync(join(packageFolder(name), 'package.json'), 'utf8'))
    return `${name}-${manifest.version}`
  })
  return [source, version, process.platform, process.arch, ...versions, `r${revision}`].join('-')
}

/** @param {string} name */
function binaryOf(name) {
  const file = name === 'fs-ext' ? 'fs_ext.node' : 'better_sqlite3.node'
  return join(packageFolder(name), 'build', 'Release', file)
}

/**
 * @param {ModuleSet} set
 * @param {string} kept
 * @param {ElectronRuntime} runtime
 */
async function keptOnesWork(set, kept, runtime) {
  if (!existsSync(kept)) return false
  try {
    await install(set, kept, runtime)
    return true
  } catch {
    return false
  }
}

/**
 * @param {ModuleSet} set
 * @param {string} kept
 * @param {ElectronRuntime} runtime
 */
async function build(set, kept, runtime) {
  await inWorkFolder(dirname(kept), async (work) => {
    const names = set.compiled(runtime)
    if (runtime.source === 'download') await rebuildInPlace(names, work, runtime)
    else await compileForStockElectron(names, work)
    rmSync(kept, { recursive: true, force: true })
    renameSync(work, kept)
  })
}

/**
 * The ordinary way.
 * @param {readonly string[]} names
 * @param {string} into
 * @param {ElectronRuntime} runtime
 */
async function rebuildInPlace(names, into, { version }) {
  const cli = join(packageFolder('@electron/rebuild'), 'lib', 'cli.js')
  const args = ['--version', version, '--module-dir', root, '--only', names.join(','), '--force']
  await run(`electron-rebuild-${names[0]}`, process.execPath, [cli, ...args], { env: withoutNpmSettings() })
  for (const binary of names.map(binaryOf)) copyFileSync(binary, join(into, basename(binary)))
}

/**
 * @param {ModuleSet} set
 * @param {string} kept
 * @param {ElectronRuntime} runtime
 */
async function install(set, kept, runtime) {
  // A build for another runtime would be preferred to better-sqlite3's own.
  if (set === appModules)
    rmSync(dirname(dirname(binaryOf('better-sqlite3'))), { recursive: true, force: true })
  for (const binary of set.compiled(runtime).map(binaryOf)) {
    mkdirSync(dirname(binary), { recursive: true })
    // Not written over in place: a process that has the old one loaded would crash.
    copyFileSync(join(kept, basename(binary)), `${binary}.new`)
    renameSync(`${binary}.new`, binary)
  }
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '' }
  const check = join(import.meta.dirname, set.check)
  await run(basename(set.check, '.mjs'), runtime.electronPath, [check], { env, timeout: 60_000 })
}
