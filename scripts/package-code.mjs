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

// Threads and processes that the others start: they find the code of each beside their own, by its name.
const started = {
  'doctor-probe': 'src/main/cli/doctor-probe.ts',
  'hand-over-thread': 'src/main/electron/held/hand-over-thread.ts',
  'handoff-thread': 'src/main/handoff/handoff-thread.ts',
  'holder-process': 'src/main/testing/holder-process.ts',
  'sqlite-thread': 'src/main/sqlite/sqlite-thread.ts',
}

// Kysely is an ES module only, and Node 20 cannot require one. What stands on it is loaded when a database is opened,
// by import(), which a CommonJS module can use too; so there is one copy of it.
const loadedByImport = './open-pool.ts'

/**
 * The code of the package in a few files, since a process that starts pays for each that it loads: ES modules in
 * `dist`, and beside them the same for `require`.
 * @param {string} dist
 */
export async function bundleCode(dist) {
  const esm = {
    ...entryPoints,
    ...started,
    cli: 'src/main/cli/main.ts',
    'open-pool': 'src/main/sqlite/open-pool.ts',
  }
  await bundle(esm, { dir: dist, format: 'es' })
  const commonJs = join(dist, 'cjs')
  await bundle(entryPoints, { dir: commonJs, format: 'cjs' }, [
    {
      name: 'loaded-by-import',
      resolveId: (/** @type {string} */ source) =>
        source === loadedByImport ? { id: '../open-pool.js', external: true } : null,
    },
  ])
  // A thread or a process of its own can be an ES module whoever starts it.
  for (const name of Object.keys(started))
    writeFileSync(join(commonJs, `${name}.js`), `import('../${name}.js')\n`)
  writeFileSync(join(commonJs, 'package.json'), '{ "type": "commonjs" }\n')
}

/**
 * @param {Record<string, string>} input
 * @param {import('rolldown').OutputOptions} output
 * @param {import('rolldown').Plugin[]} [plugins]
 */
async function bundle(input, output, plugins = []) {
  const build = await rolldown({ cwd: root, input, platform: 'node', external: [/^[^./]/], plugins })
  try {
    await build.write({
      ...output,
      entryFileNames: '[name].js',
      chunkFileNames: 'common-[hash].js',
      // Half the size, and names that a stack trace can show.
      comments: false,
      minify: { compress: true, mangle: { toplevel: false, keepNames: true } },
    })
  } finally {
    await build.close()
  }
}
