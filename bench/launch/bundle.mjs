// @ts-check
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { build } from 'vite'
import { root } from '../../scripts/setup/places.mjs'

const main = join(root, 'src', 'main')
const apps = join(import.meta.dirname, 'apps')
const external = ['electron', 'better-sqlite3', 'fs-ext']

/**
 * Makes an app as electron-vite would: its code and the package's, with Kysely, in a few files.
 * @param {'plain' | 'ours'} name
 * @param {string} [built] the published package, which is then left out of the bundle and loaded as an installed package is
 * @returns {Promise<string>} its folder, below out/, where the native modules are found
 */
export async function bundleApp(name, built) {
  const outDir = mkdtempSync(join(root, 'out', 'bench-launch-'))
  const api = join(main, 'api.ts')
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true, external },
    build: {
      ssr: true,
      target: 'node20',
      minify: false,
      outDir,
      emptyOutDir: true,
      rollupOptions: {
        external: built === undefined ? external : [...external, api],
        input: { main: join(apps, name, 'main.mjs'), ...(name === 'ours' && !built && threads) },
        output: {
          format: 'es',
          entryFileNames: '[name].js',
          chunkFileNames: '[name]-[hash].js',
          ...(built && { paths: { [api]: relative(outDir, join(built, 'api.js')) } }),
        },
      },
    },
  })
  copyFileSync(join(apps, 'preload.cjs'), join(outDir, 'preload.cjs'))
  writeFileSync(join(outDir, 'package.json'), JSON.stringify({ name, type: 'module', main: 'main.js' }))
  return outDir
}

/** A worker thread's code is an entry beside the app's. */
const threads = {
  'hand-over-thread': join(main, 'electron', 'held', 'hand-over-thread.ts'),
  'handoff-thread': join(main, 'handoff', 'owner', 'handoff-thread.ts'),
  'sqlite-thread': join(main, 'sqlite', 'thread', 'sqlite-thread.ts'),
}
