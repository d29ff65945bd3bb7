// The code that an app loads when its database exists and is up to date. Electron's main thread compiles it before the first
// read.
import { relative, resolve } from 'node:path'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'

const sqlite = resolve(import.meta.dirname, '../../../src/main/sqlite')

/** The files in src/main/sqlite that a file loads. Those behind an import(), and those of types, are not among them. */
async function loadedBy(file: string): Promise<string[]> {
  const loaded = new Set([resolve(sqlite, file)])
  const build = await rolldown({
    input: [...loaded],
    platform: 'node',
    external: /^(?:node:|kysely)/,
    plugins: [
      {
        name: 'find-loaded',
        buildEnd() {
          // The loop also visits the elements that are added during the loop.
          for (const id of loaded)
            for (const next of this.getModuleInfo(id)?.importedIds ?? []) loaded.add(next)
        },
      },
    ],
  })
  await build.generate()
  await build.close()
  return [...loaded].map((id) => relative(sqlite, id).replaceAll('\\', '/'))
}

test('an app whose database is up to date loads no code that backs up, checks, repairs or migrates it', async () => {
  const loaded = await loadedBy('open-pool.ts')
  expect(loaded).toContain('open/open-early.ts')
  expect(loaded).toContain('scheduling/connection-pool.ts')
  const unneeded = /^(?:backup|damage|repair|migrations)\/|^open-database\.ts$/
  expect(loaded.filter((file) => unneeded.test(file))).toEqual([])
})
