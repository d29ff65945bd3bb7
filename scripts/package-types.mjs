// @ts-check
import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'
import { entryPoints } from './package-code.mjs'

/**
 * Bundles the types of the entry points with their docstrings, without internal types.
 * @param {string} declarations the output of the compiler for src
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
  // TypeScript reads from the package.json in a folder whether its types belong to a CommonJS module.
  for (const name of readdirSync(dist).filter((name) => name.endsWith('.d.ts'))) {
    cpSync(join(dist, name), join(dist, 'cjs', name))
  }
}
