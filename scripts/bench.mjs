// @ts-check
// npm run bench -- SUITE: each suite of bench/ measures this package and its peers in one run. A figure is a ratio: our
// time over theirs. The last line is JSON.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { argv, platform } from 'node:process'
import { compileForRun } from './compile-package.mjs'
import { openVirtualDisplay } from './desktop/virtual-display.mjs'
import { say } from './say.mjs'
import { root } from './setup/places.mjs'
import { fail } from './setup/step.mjs'
import { setup } from './setup.mjs'

/**
 * @typedef {object} BenchContext
 * @property {string} electronPath
 * @property {Record<string, string>} env for Electron, with a display
 * @property {string} built the compiled package: `main/api.js` and the rest
 * @property {string[]} args the words after the suite's name
 */

const folder = join(root, 'bench')
const [suite = '', ...args] = argv.slice(2)

async function bench() {
  const file = join(folder, suite, 'suite.mjs')
  if (suite === '' || !existsSync(file)) {
    const suites = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'suite.mjs')))
    throw new Error(`npm run bench -- ${suites.join(' | ')}`)
  }
  const runtime = await setup({ virtualDisplay: platform === 'linux' })
  const built = await compileForRun('bench')
  const display = platform === 'linux' ? await openVirtualDisplay() : undefined
  try {
    const env = { ...runtime.env, ...display?.env }
    const { measure } = await import(file)
    const ratios = await measure({ electronPath: runtime.electronPath, env, built, args })
    say(JSON.stringify({ suite, ratios }))
  } finally {
    display?.close()
  }
}

await bench().catch(fail)
