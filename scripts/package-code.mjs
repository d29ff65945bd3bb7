// @ts-check
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { refuseBundledCommonJs, refuseBundledModule } from './package/refuse-bundle.mjs'
import { root } from './setup/places.mjs'

/** The modules that an app imports or requires by name. Each has types. package.json has them in `exports` and `typesVersions`. */
export const entryPoints = {
  api: 'src/main/api.ts',
  node: 'src/main/node.ts',
  preload: 'src/preload/api.ts',
  testing: 'src/main/testing/api.ts',
}

const cli = 'src/main/cli/main.ts'

/** The threads. Each is a file next to the code that starts it, which finds it by its name. */
export const threadFiles = {
  'hand-over-thread': 'src/main/electron/held/hand-over-thread.ts',
  'handoff-thread': 'src/main/handoff/owner/handoff-thread.ts',
  'sqlite-thread': 'src/main/sqlite/thread/sqlite-thread.ts',
}

const { 'sqlite-thread': sqliteThread, ...handOffThreads } = threadFiles

// Threads and processes that share code with the entry points.
const started = {
  'doctor-probe': 'src/main/cli/doctor-probe.ts',
  'sqlite-thread': sqliteThread,
  'holder-process': 'src/main/testing/holder-process.ts',
}

/**
 * Bundles the code of the package into a few files: CommonJS in `dist/cjs`, and in `dist` an ES module for each entry point,
 * with the exports of its CommonJS file. So `import` and `require` return the same objects, and an app starts sooner:
 * Electron reads ES modules one after another before it is ready, and takes time for each (`npm run bench -- launch`).
 * @param {string} dist
 */
export async function bundleCode(dist) {
  const { preload, ...main } = entryPoints
  const cjs = { dir: join(dist, 'cjs'), format: /** @type {const} */ ('cjs') }
  const esm = { dir: dist, format: /** @type {const} */ ('es') }
  // All of these load the file `common` first.
  const banner = ({ name = '' }) => (name === 'common' ? refuseBundledCommonJs('handoff-thread.js') : '')
  const entries = await bundle({ ...main, ...started, cli }, { ...cjs, banner }, [kyselyByImport])
  // Each on its own. They need little of the code that the others share, and a process that hands its launch over waits for
  // one of them.
  for (const [name, file] of Object.entries(handOffThreads)) await bundle({ [name]: file }, cjs)
  // It shares no file with the others, because a sandboxed page's process can load no files.
  await bundle({ preload }, cjs)
  await bundle({ preload }, esm)
  writeFileSync(join(cjs.dir, 'package.json'), '{ "type": "commonjs" }\n')
  for (const { name, exports } of entries.filter(({ name }) => name in main))
    writeFileSync(join(dist, `${name}.js`), wrapperOf(name, exports))
  writeFileSync(join(dist, 'cli.js'), "#!/usr/bin/env node\nimport './cjs/cli.js'\n")
}

/**
 * Uses `require`. With `import`, Node would read the CommonJS module twice to find its exports.
 * @param {string} name
 * @param {string[]} exports
 */
const wrapperOf = (name, exports) => `import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
${refuseBundledModule(`cjs/${name}.js`)}export const {
  ${exports.toSorted().join(',\n  ')},
} = createRequire(here)('./cjs/${name}.js')
`

const kysely = "globalThis[Symbol.for('electron-datadir.kysely')]"

/** The import() that loads code which uses a module of Kysely: the file, the code, and the module. */
const kyselyUsers = [
  { file: 'src/main/sqlite/pool.ts', code: './open-pool.ts', module: 'kysely' },
  { file: 'src/main/sqlite/open-pool.ts', code: './open-database.ts', module: 'kysely/migration' },
].map((user) => ({ ...user, id: join(root, user.file) }))

/**
 * Kysely is an ES module only, and Node 20 cannot require one. So Kysely is loaded by import() before the code that uses it,
 * which reads what it exports from globalThis.
 * @type {import('rolldown').Plugin}
 */
const kyselyByImport = {
  name: 'kysely-by-import',
  resolveId(source, _importer, { kind }) {
    if (!source.startsWith('kysely')) return null
    return kind === 'dynamic-import' ? { id: source, external: true } : `\0${source}`
  },
  load: (id) => (id.startsWith('\0kysely') ? `module.exports = ${kysely}['${id.slice(1)}']` : null),
  transform(code, id) {
    const user = kyselyUsers.find((one) => one.id === id)
    if (!user) return null
    const load = `import('${user.module}').then((module) => {
      ${kysely} = { ...${kysely}, '${user.module}': module }
    })`
    const loading = `import('${user.code}')`
    if (!code.includes(loading)) throw new Error(`${user.file} has no ${loading}`)
    return code.replace(loading, `${load}.then(() => ${loading})`)
  },
}

/**
 * @param {Record<string, string>} input
 * @param {import('rolldown').OutputOptions} output
 * @param {import('rolldown').Plugin[]} [plugins]
 * @returns the entries among the written files
 */
async function bundle(input, output, plugins = []) {
  const atStart = new Set()
  const withoutElectron = new Set()
  const build = await rolldown({
    cwd: root,
    input,
    platform: 'node',
    external: (id) => /^[^./\0]/.test(id) && !id.startsWith('kysely'),
    plugins: [
      ...plugins,
      findImported(entryPoints.api, atStart),
      findImported(entryPoints.node, withoutElectron),
      findImported(cli, withoutElectron),
    ],
  })
  try {
    const { output: written } = await build.write({
      ...output,
      entryFileNames: '[name].js',
      chunkFileNames: 'common-[hash].js',
      // An app loads three files at its start, its entry and these two, and no code that it does not import. Plain Node and
      // the command load the first of these files too, so that file must not need Electron.
      codeSplitting: {
        groups: [
          { name: 'common', test: (id) => withoutElectron.has(id) && atStart.has(id), minShareCount: 2 },
          { name: 'electron', test: (id) => !withoutElectron.has(id) && atStart.has(id), minShareCount: 2 },
        ],
      },
      // This halves the size and keeps the names for stack traces.
      comments: false,
      minify: { compress: true, mangle: { toplevel: false, keepNames: true } },
    })
    return written.filter((file) => file.type === 'chunk').filter(({ isEntry }) => isEntry)
  } finally {
    await build.close()
  }
}

/**
 * Collects the modules that an entry imports, without those behind an import().
 * @param {string} entry
 * @param {Set<string>} imported
 * @returns {import('rolldown').Plugin}
 */
function findImported(entry, imported) {
  return {
    name: 'find-imported',
    buildEnd() {
      imported.add(join(root, entry))
      // The loop also visits the elements that are added during the loop.
      for (const id of imported)
        for (const next of this.getModuleInfo(id)?.importedIds ?? []) imported.add(next)
    },
  }
}
