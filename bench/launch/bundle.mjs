// @ts-check
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { build } from 'vite'
import { entryPoints, threadFiles } from '../../scripts/package-code.mjs'
import { root } from '../../scripts/setup/places.mjs'

const apps = join(import.meta.dirname, 'apps')
const external = ['electron', 'better-sqlite3', 'fs-ext']

/**
 * Bundles an app as electron-vite does: its code and its dependencies in a few files, without those that have native code.
 * @param {'plain' | 'ours' | 'sqlite-dialect'} name
 * @param {string} [published] this package as it is published. Then neither this package nor Kysely is in the bundle. They
 * are loaded as installed packages are, which is what electron-vite's `externalizeDeps` makes of dependencies.
 * @returns {Promise<string>} its folder, below out/, where the installed packages are found
 */
export async function bundleApp(name, published) {
  const outDir = mkdtempSync(join(root, 'out', 'bench-launch-'))
  const api = join(root, entryPoints.api)
  const outside = published === undefined ? external : [...external, 'kysely', 'kysely/migration', api]
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true, external: outside },
    build: {
      ssr: true,
      target: 'node20',
      minify: false,
      outDir,
      emptyOutDir: true,
      rollupOptions: {
        external: outside,
        input: { main: join(apps, name, 'main.mjs'), ...(name === 'ours' && !published && threadFiles) },
        output: {
          format: 'es',
          entryFileNames: '[name].js',
          chunkFileNames: '[name]-[hash].js',
          ...(published && { paths: { [api]: relative(outDir, join(published, 'api.js')) } }),
        },
      },
    },
  })
  copyFileSync(join(apps, 'preload.cjs'), join(outDir, 'preload.cjs'))
  writeFileSync(join(outDir, 'package.json'), JSON.stringify({ name, type: 'module', main: 'main.js' }))
  return outDir
}
