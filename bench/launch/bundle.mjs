// @ts-check
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { build } from 'vite'
import { entryPoints, threadFiles } from '../../scripts/package-code.mjs'
import { root } from '../../scripts/setup/places.mjs'

const apps = join(import.meta.dirname, 'apps')
const external = ['electron', 'better-sqlite3', 'fs-ext']

/**
 * Bundles an app as electron-vite does: its code and the package's, with Kysely, in a few files.
 * @param {'plain' | 'ours'} name
 * @param {string} [built] the published package. It is then not in the bundle, and is loaded as an installed package is.
 * @returns {Promise<string>} its folder, below out/, where the native modules are found
 */
export async function bundleApp(name, built) {
  const outDir = mkdtempSync(join(root, 'out', 'bench-launch-'))
  const api = join(root, entryPoints.api)
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
        input: { main: join(apps, name, 'main.mjs'), ...(name === 'ours' && !built && threadFiles) },
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
