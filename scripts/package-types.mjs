// @ts-check
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'
import { entryPoints } from './package-code.mjs'

/**
 * Bundles the types of the entry points with their docstrings, without internal types. They are in `dist/cjs`, where they
 * belong to CommonJS modules. The types of the ES modules in `dist` are those types, as the objects are the same too.
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
  const build = await rolldown({
    cwd: declarations,
    input,
    external: [/^[^./]/],
    plugins: [dts({ dtsInput: true, cwd: declarations })],
  })
  const folder = join(dist, 'cjs')
  mkdirSync(folder, { recursive: true })
  try {
    const { output } = await build.generate({
      format: 'es',
      chunkFileNames: 'common-[hash].d.ts',
      // In one file, so that a link in a docstring finds its target. What a preload script needs stays apart.
      codeSplitting: { groups: [{ name: 'common', test: /[\\/]main[\\/]/, minShareCount: 2 }] },
    })
    for (const file of output)
      if (file.type === 'chunk') writeFileSync(join(folder, file.fileName), publicTypes(file.code))
  } finally {
    await build.close()
  }
  for (const name of Object.keys(entryPoints))
    writeFileSync(join(dist, `${name}.d.ts`), `export * from './cjs/${name}.js'\n`)
}

/**
 * Kysely is an ES module only, so types of a CommonJS module have to say how it is found. An app without a database has not
 * installed it: there its types are `any`, and the comment keeps the compiler from reporting them.
 * @param {string} code
 */
const publicTypes = (code) =>
  code
    // The bundler's remarks: the files that a part comes from.
    .replaceAll(/^\/\/ [\w/-]+\.d\.ts\n/gm, '')
    .replaceAll(
      /^import (?:type )?(\{.*\} from "kysely");$/gm,
      '// @ts-ignore: kysely is optional\nimport type $1 with { "resolution-mode": "import" };',
    )
