// @ts-check
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { root } from './setup/places.mjs'

// The last two are what the others start: a thread and a process find their code beside their starter, by its name.
const entries = {
  api: 'src/main/api.ts',
  node: 'src/main/node.ts',
  preload: 'src/preload/api.ts',
  testing: 'src/main/testing/api.ts',
  'handoff-thread': 'src/main/handoff/handoff-thread.ts',
  'holder-process': 'src/main/testing/holder-process.ts',
}

// Kysely is an ES module only, and Node 20 cannot require one. What stands on it is loaded when a database is opened,
// by import(), which a CommonJS module can use too; so there is one copy of it.
const loadedByImport = './open-pool.ts'
const itsPlace = '../main/sqlite/open-pool.js'

/**
 * The entry points for programs that use `require`, beside the ES modules.
 * @param {string} dist where those are
 */
export async function buildCommonJs(dist) {
  const folder = join(dist, 'cjs')
  const bundle = await rolldown({
    cwd: root,
    input: entries,
    platform: 'node',
    external: [/^[^./]/],
    plugins: [
      {
        name: 'loaded-by-import',
        resolveId: (source) => (source === loadedByImport ? { id: itsPlace, external: true } : null),
      },
    ],
  })
  try {
    await bundle.write({
      dir: folder,
      format: 'cjs',
      entryFileNames: '[name].js',
      chunkFileNames: 'common-[hash].js',
      comments: false,
    })
  } finally {
    await bundle.close()
  }
  copyTypes(dist, folder)
}

/**
 * What a program requires is a CommonJS module, and its types have to say so: by the package.json beside them.
 * @param {string} from
 * @param {string} to
 */
function copyTypes(from, to) {
  writeFileSync(join(to, 'package.json'), '{ "type": "commonjs" }\n')
  for (const part of ['main', 'preload', 'shared']) {
    cpSync(join(from, part), join(to, part), {
      recursive: true,
      filter: (path) => !/\.(js|map)$/.test(path) && !path.endsWith('/cli'),
    })
  }
}
