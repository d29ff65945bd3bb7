// @ts-check
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { root } from './setup/places.mjs'

/** What is imported or required by name; each has types. */
export const entryPoints = {
  api: 'src/main/api.ts',
  node: 'src/main/node.ts',
  preload: 'src/preload/api.ts',
  testing: 'src/main/testing/api.ts',
}

const cli = 'src/main/cli/main.ts'

// Threads and processes that the others start: they find the code of each beside their own, by its name.
const started = {
  'doctor-probe': 'src/main/cli/doctor-probe.ts',
  'handoff-thread': 'src/main/handoff/owner/handoff-thread.ts',
  'holder-process': 'src/main/testing/holder-process.ts',
}

// A process that hands its launch over waits for this one.
const handOverThread = { 'hand-over-thread': 'src/main/electron/held/hand-over-thread.ts' }

// Kysely is an ES module only, and Node 20 cannot require one. What stands on it is an ES module too, with a copy of what
// it shares with the rest, and loaded by import() when a database is opened.
const database = {
  'open-pool': 'src/main/sqlite/open-pool.ts',
  'sqlite-thread': 'src/main/sqlite/thread/sqlite-thread.ts',
}

/**
 * The code of the package in a few files: CommonJS in `dist/cjs`, and in `dist` an ES module for each entry point that
 * gives out what its CommonJS twin does. So who imports and who requires it get the same, and an app starts sooner:
 * Electron reads ES modules one after another before it is ready, and takes longer for each (`npm run bench -- launch`).
 * @param {string} dist
 */
export async function bundleCode(dist) {
  const { preload, ...main } = entryPoints
  const cjs = { dir: join(dist, 'cjs'), format: /** @type {const} */ ('cjs') }
  const esm = { dir: dist, format: /** @type {const} */ ('es') }
  const entries = await bundle({ ...main, ...started, cli }, cjs, [databaseByImport])
  await bundle(handOverThread, cjs)
  await bundle(database, esm)
  // In a page's process, where a sandbox gives neither files nor threads: it shares no file with the others.
  await bundle({ preload }, cjs)
  await bundle({ preload }, esm)
  // Restoring a backup starts it from there.
  writeFileSync(join(cjs.dir, 'sqlite-thread.js'), "import('../sqlite-thread.js')\n")
  writeFileSync(join(cjs.dir, 'package.json'), '{ "type": "commonjs" }\n')
  for (const { name, exports } of entries.filter(({ name }) => name in main))
    writeFileSync(join(dist, `${name}.js`), wrapperOf(name, exports))
  writeFileSync(join(dist, 'cli.js'), "#!/usr/bin/env node\nimport './cjs/cli.js'\n")
}

/**
 * By `require`, since what a CommonJS module exports would have to be found out by reading it once more.
 * @param {string} name
 * @param {string[]} exports
 */
const wrapperOf = (name, exports) => `import { createRequire } from 'node:module'
export const {
  ${exports.toSorted().join(',\n  ')},
} = createRequire(import.meta.url)('./cjs/${name}.js')
`

/** @type {import('rolldown').Plugin} */
const databaseByImport = {
  name: 'database-by-import',
  resolveId: (source) => (source === './open-pool.ts' ? { id: '../open-pool.js', external: true } : null),
}

/**
 * @param {Record<string, string>} input
 * @param {import('rolldown').OutputOptions} output
 * @param {import('rolldown').Plugin[]} [plugins]
 * @returns the entries among the files that were written
 */
async function bundle(input, output, plugins = []) {
  const atStart = new Set()
  const withoutElectron = new Set()
  const build = await rolldown({
    cwd: root,
    input,
    platform: 'node',
    external: [/^[^./]/],
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
      // An app that starts loads three files, its entry and these two, and no more code than it imports.
      // Plain Node and the command load the first of these files too, so that nothing in it may need Electron.
      codeSplitting: {
        groups: [
          { name: 'common', test: (id) => withoutElectron.has(id) && atStart.has(id), minShareCount: 2 },
          { name: 'electron', test: (id) => !withoutElectron.has(id) && atStart.has(id), minShareCount: 2 },
        ],
      },
      // Half the size, and names that a stack trace can show.
      comments: false,
      minify: { compress: true, mangle: { toplevel: false, keepNames: true } },
    })
    return written.filter((file) => file.type === 'chunk').filter(({ isEntry }) => isEntry)
  } finally {
    await build.close()
  }
}

/**
 * Collects the modules that come with an entry, without those behind an import().
 * @param {string} entry
 * @param {Set<string>} imported
 * @returns {import('rolldown').Plugin}
 */
function findImported(entry, imported) {
  return {
    name: 'find-imported',
    buildEnd() {
      imported.add(join(root, entry))
      // A set goes on to what is added to it on the way.
      for (const id of imported)
        for (const next of this.getModuleInfo(id)?.importedIds ?? []) imported.add(next)
    },
  }
}
