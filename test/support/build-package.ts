import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { bundleCode } from '../../scripts/package-code.mjs'
import { bundleTypes } from '../../scripts/package-types.mjs'

const root = resolve(import.meta.dirname, '../..')

/**
 * Builds the package twice into dist: module by module, of which second processes and threads of the tests run single
 * ones; and in the few files that are published, of which the documentation speaks.
 */
export async function setup(): Promise<void> {
  const dist = resolve(root, 'dist')
  rmSync(dist, { recursive: true, force: true })
  execFileSync(resolve(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  await bundleCode(dist)
  await bundleTypes(dist, dist)
}
