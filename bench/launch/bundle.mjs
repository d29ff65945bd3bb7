// @ts-check
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import { root } from '../../scripts/setup/places.mjs'

const main = join(root, 'src', 'main')
const external = ['electron', 'better-sqlite3', 'fs-ext']

/**
 * Bundles the package with Kysely into a few files, as electron-vite does with an app: loading some hundred modules one
 * by one would be most of what is measured.
 * @returns {Promise<string>} the folder, below out/, where the native modules are found
 */
export async function bundlePackage() {
  const outDir = mkdtempSync(join(root, 'out', 'bench-launch-'))
  await build({
    ...{ root, configFile: false, logLevel: 'error' },
    ssr: { noExternal: true, external },
    build: {
      ...{ ssr: true, target: 'node20', minify: false, outDir, emptyOutDir: true },
      rollupOptions: {
        external,
        input: {
          api: join(main, 'api.ts'),
          'hand-over-thread': join(main, 'electron', 'held', 'hand-over-thread.ts'),
          'handoff-thread': join(main, 'handoff', 'handoff-thread.ts'),
          'sqlite-thread': join(main, 'sqlite', 'sqlite-thread.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js' },
      },
    },
  })
  return outDir
}
