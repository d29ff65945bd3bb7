// @ts-check
// npm test: installs what the tests need, then runs lint, types, unit tests in Electron's own Node, and end-to-end tests.
// `npm test -- unit` runs one stage. Further words are for its test runner: `npm test -- e2e e2e/notes.spec.ts`.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { argv, env, execPath, platform } from 'node:process'
import { buildApp } from './build-app.mjs'
import { openDisplays } from './desktop/displays.mjs'
import { packageApp } from './package.mjs'
import { nodeModules, root } from './setup/places.mjs'
import { fail } from './setup/step.mjs'
import { setup } from './setup.mjs'

// Each has its own screen. Two tests on one screen would take the focus from each other.
const testsAtOnce = 3

const [only, ...rest] = argv.slice(2)
const counts = { passed: 0, failed: 0, skipped: 0 }

/**
 * @param {string} name
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} [more] environment
 */
function stage(name, command, args, more = {}) {
  process.stdout.write(`\n${name}\n`)
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...env, ...more },
  })
  if (error) throw error
  return status === 0
}

/**
 * A stage without tests of its own counts as one.
 * @param {boolean} passed
 */
function countOne(passed) {
  counts[passed ? 'passed' : 'failed']++
}

/** @param {string} name */
const wanted = (name) => !only || only === name
/** @param {string[]} path */
const tool = (...path) => join(nodeModules, ...path)

async function test() {
  const runtime = await setup({ virtualDisplay: platform === 'linux', tests: true })
  if (wanted('lint')) countOne(stage('lint', execPath, [tool('@biomejs/biome/bin/biome'), 'check']))
  if (wanted('types')) countOne(stage('types', execPath, [tool('typescript/bin/tsc'), '-b']))
  if (wanted('unit')) testUnits(runtime)
  if (wanted('package')) await testPackage(runtime)
  if (wanted('e2e')) await testEndToEnd(runtime)
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
  process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed${skipped}\n`)
  process.exitCode = counts.failed === 0 ? 0 : 1
}

/** @param {Awaited<ReturnType<typeof setup>>} runtime */
function testUnits(runtime) {
  const report = join(root, 'test-results', 'unit.json')
  const args = [
    tool('vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile=${report}`,
  ]
  const passed = stage(
    `unit tests in Electron ${runtime.version}`,
    runtime.electronPath,
    [...args, ...rest],
    {
      ...runtime.env,
      ELECTRON_RUN_AS_NODE: '1',
    },
  )
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'))
  counts.passed += numPassedTests
  counts.skipped += numPendingTests
  counts.failed += passed ? 0 : Math.max(1, numFailedTests)
}

/** @param {Awaited<ReturnType<typeof setup>>} runtime */
async function testPackage(runtime) {
  process.stdout.write('\nthe package as it would be published\n')
  // Imported here, because it uses packages that the set-up installs.
  const { checkPackage } = await import('./check-package.mjs')
  for (const { name, problems } of await checkPackage(runtime)) {
    process.stdout.write(`  ${problems.length === 0 ? '✓' : '✗'} ${name}\n`)
    for (const problem of problems) process.stdout.write(`    ${problem}\n`)
    countOne(problems.length === 0)
  }
}

/** @param {Awaited<ReturnType<typeof setup>>} runtime */
async function testEndToEnd(runtime) {
  await buildApp(runtime.env)
  const packagedApp = platform === 'linux' ? await packageApp(runtime) : undefined
  const report = join(root, 'test-results', 'e2e.json')
  const displays = platform === 'linux' ? await openDisplays(testsAtOnce) : undefined
  try {
    const passed = stage(
      `end-to-end tests in Electron ${runtime.version}`,
      execPath,
      [tool('playwright/cli.js'), 'test', ...rest],
      {
        ...runtime.env,
        ...displays?.env,
        ...(packagedApp && { PACKAGED_APP: packagedApp }),
        ELECTRON_PATH: runtime.electronPath,
        PLAYWRIGHT_JSON_OUTPUT_FILE: report,
      },
    )
    const { expected, unexpected, flaky, skipped } = JSON.parse(readFileSync(report, 'utf8')).stats
    counts.passed += expected
    counts.skipped += skipped
    counts.failed += passed ? 0 : Math.max(1, unexpected + flaky)
  } finally {
    displays?.close()
  }
}

await test().catch(fail)
