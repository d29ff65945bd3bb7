// @ts-check
// npm run test:wine: runs the Windows part of the package with Node for Windows under wine. It tests how the package treats
// the answers of Windows. Wine is not Windows, so it does not prove these answers (docs/platforms.md).
// `npm run test:wine -- lock` runs wine/lock.test.ts alone.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'
import { oneAtATime } from './setup/one-at-a-time.mjs'
import { installPackages } from './setup/packages.mjs'
import { root, userCache } from './setup/places.mjs'
import { fail } from './setup/step.mjs'
import { inWorkFolder } from './setup/work-folder.mjs'
import { makeStage } from './wine/stage.mjs'
import { installWine, Wine } from './wine/wine.mjs'

const fileLimit = 180_000
const counts = { passed: 0, failed: 0, skipped: 0 }

/** @typedef {{ wine: Wine, node: string, stage: string }} Place */

async function testUnderWine() {
  const files = testFiles(argv[2])
  await oneAtATime(installPackages)
  await installWine()
  await inWorkFolder(userCache, async (stage) => {
    const { node } = await makeStage(stage)
    const wine = new Wine(join(stage, 'prefix'))
    process.once('SIGINT', () => {
      wine.stop()
      rmSync(stage, { recursive: true, force: true })
      process.exit(130)
    })
    try {
      await wine.boot()
      for (const file of files) await testFile(file, { wine, node, stage })
    } finally {
      wine.stop()
    }
  })
  process.stdout.write('\nThese tests ran under wine, which is not Windows.\n')
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`)
  process.exitCode = counts.failed === 0 ? 0 : 1
}

/** @param {string | undefined} only */
function testFiles(only) {
  const all = readdirSync(join(root, 'wine')).filter((name) => name.endsWith('.test.ts'))
  const wanted = all.filter((name) => !only || name === `${only}.test.ts`)
  if (wanted.length > 0) return wanted
  throw new Error(`npm run test:wine -- ${all.map((name) => name.replace('.test.ts', '')).join(' | ')}`)
}

/**
 * @param {string} file
 * @param {Place} place
 */
async function testFile(file, place) {
  process.stdout.write(`\nwine/${file}\n`)
  // About one start in eighty fails before a test has run.
  const outcome = (await runTests(file, place)) ?? (await runTests(file, place))
  if (!outcome) {
    process.stdout.write('Node did not finish this file\n')
    counts.failed++
    return
  }
  counts.passed += outcome.passed
  counts.failed += outcome.failed
  counts.skipped += outcome.skipped
}

/**
 * @param {string} file
 * @param {Place} place
 * @returns {Promise<typeof counts | undefined>} undefined if the run did not finish
 */
async function runTests(file, { wine, node, stage }) {
  const output = join(stage, 'output.txt')
  const results = join(stage, 'results.tap')
  rmSync(results, { force: true })
  const reporters = ['spec', 'stdout', 'tap', 'results.tap'].map((value, index) =>
    index % 2 === 0 ? `--test-reporter=${value}` : `--test-reporter-destination=${value}`,
  )
  const code = await wine.run([node, ...reporters, join('wine', file.replace('.ts', '.js'))], {
    cwd: stage,
    output,
    timeout: fileLimit,
  })
  process.stdout.write(readFileSync(output, 'utf8'))
  const tap = existsSync(results) ? readFileSync(results, 'utf8') : ''
  /** @param {string} what */
  const counted = (what) => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(tap)?.[1] ?? 0)
  const failed = counted('fail') + counted('cancelled')
  if (counted('tests') === 0) return undefined
  return {
    passed: counted('pass'),
    // A run that fails has at least one failed test.
    failed: code === 0 ? failed : Math.max(1, failed),
    skipped: counted('skipped') + counted('todo'),
  }
}

await testUnderWine().catch(fail)
