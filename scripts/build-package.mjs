// @ts-check
// Makes dist, as it is published. `npm pack` calls it.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bundleCode } from './package-code.mjs'
import { bundleTypes } from './package-types.mjs'
import { appFolder, packageFolder, root } from './setup/places.mjs'
import { run } from './setup/run.mjs'
import { fail } from './setup/step.mjs'

async function build() {
  const dist = join(root, 'dist')
  rmSync(dist, { recursive: true, force: true })
  await bundleCode(dist)
  mkdirSync(appFolder, { recursive: true })
  const declarations = mkdtempSync(join(appFolder, 'declarations-'))
  try {
    const compiler = join(packageFolder('typescript'), 'bin', 'tsc')
    const args = ['-p', 'tsconfig.build.json', '--emitDeclarationOnly', '--outDir', declarations]
    await run('tsc', process.execPath, [compiler, ...args])
    await bundleTypes(declarations, dist)
  } finally {
    rmSync(declarations, { recursive: true, force: true })
  }
}

await build().catch(fail)
