// @ts-check
// Makes dist, as it is published. `npm pack` calls it.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildCommonJs } from './build-commonjs.mjs'
import { packageFolder, root } from './setup/places.mjs'
import { run } from './setup/run.mjs'
import { fail } from './setup/step.mjs'

async function build() {
  const dist = join(root, 'dist')
  rmSync(dist, { recursive: true, force: true })
  const compiler = join(packageFolder('typescript'), 'bin', 'tsc')
  await run('tsc', process.execPath, [compiler, '-p', 'tsconfig.build.json'])
  await buildCommonJs(dist)
}

await build().catch(fail)
