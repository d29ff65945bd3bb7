// @ts-check
// npm run bench -- SUITE: each suite of bench/ measures this package against its peers in one run. A figure is a
// ratio, our time over theirs; the last line is JSON.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { argv, execPath, platform } from 'node:process'
import { openVirtualDisplay } from './desktop/virtual-display.mjs'
import { packageFolder, root } from './setup/places.mjs'
import { run } from './setup/run.mjs'
import { fail } from './setup/step.mjs'
import { setup } from './setup.mjs'

/**
 * @typedef {object} BenchContext
 * @property {string} electronPath
 * @property {Record<string, string>} env what Electron needs around it, a display included
 * @property {string} built the package as it is published: `main/api.js` and the rest below it
 * @property {string[]} args what follows the suite's name
 */

const folder = join(root, 'bench')
const [suite = '', ...args] = argv.slice(2)

async function bench() {
  const file = join(folder, suite, 'suite.mjs')
  if (suite === '' || !existsSync(file))
    throw new Error(`npm run bench -- ${readdirSync(folder).join(' | ')}`)
  const runtime = await setup({ virtualDisplay: platform === 'linux' })
  // A build of its own, so that what runs beside it can build dist/ anew.
  mkdirSync(join(root, 'out'), { recursive: true })
  const built = mkdtempSync(join(root, 'out', 'bench-'))
  process.once('exit', () => rmSync(built, { recursive: true, force: true }))
  const compiler = join(packageFolder('typescript'), 'bin', 'tsc')
  await run('tsc', execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', built])
  const display = platform === 'linux' ? await openVirtualDisplay() : undefined
  try {
    const env = { ...runtime.env, ...display?.env }
    const { measure } = await import(file)
    const ratios = await measure({ electronPath: runtime.electronPath, env, built, args })
    process.stdout.write(`${JSON.stringify({ suite, ratios })}\n`)
  } finally {
    display?.close()
  }
}

await bench().catch(fail)
