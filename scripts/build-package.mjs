// @ts-check
// Builds dist as it is published. `npm pack` runs this.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { compilePackage } from './compile-package.mjs'
import { bundleCode } from './package-code.mjs'
import { bundleTypes } from './package-types.mjs'
import { appFolder, root } from './setup/places.mjs'
import { fail } from './setup/step.mjs'

async function build() {
  const dist = join(root, 'dist')
  rmSync(dist, { recursive: true, force: true })
  await bundleCode(dist)
  mkdirSync(appFolder, { recursive: true })
  const declarations = mkdtempSync(join(appFolder, 'declarations-'))
  try {
    await compilePackage(declarations, ['--emitDeclarationOnly'])
    await bundleTypes(declarations, dist)
  } finally {
    rmSync(declarations, { recursive: true, force: true })
  }
}

await build().catch(fail)
