// @ts-check
import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'
import { entryPoints } from './package-code.mjs'

/**
 * The types of the entry points, docstrings included, without those of everything inside.
 * @param {string} declarations what the compiler has made of src
 * @param {string} dist
 */
export async function bundleTypes(declarations, dist) {
  const input = Object.fromEntries(
    Object.entries(entryPoints).map(([name, source]) => [
      name,
      join(declarations, source.replace(/^src\//, '').replace(/\.ts$/, '.d.ts')),
    ]),
  )
  const build = await rolldown({ input, external: [/^[^./]/], plugins: [dts({ dtsInput: true })] })
  try {
    await build.write({ dir: dist, format: 'es', chunkFileNames: 'common-[hash].d.ts' })
  } finally {
    await build.close()
  }
  // Whether types are those of a CommonJS module is said by the package.json beside them.
  for (const name of readdirSync(dist).filter((name) => name.endsWith('.d.ts'))) {
    cpSync(join(dist, name), join(dist, 'cjs', name))
  }
}
