// @ts-check
// Many processes race for one data directory while things happen to them: `main.mjs BUILT --rounds N --seed S
// [--only SCENARIO] [--fs FILESYSTEM]`, in Electron's Node; BUILT is the package as it is published. A seed fixes what
// happens in which round; when a process gets to run is the kernel's affair, so a failing seed may have to be run more
// than once.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { filesystems, mountFilesystem } from './filesystem.mjs'
import { ContenderPool } from './pool.mjs'
import { playRound } from './round.mjs'
import { brokenScenarios, mostContenders, planRound, scenarios } from './scenarios.mjs'

/** Milliseconds in which a killed owner's directory must have its next owner. */
const longestWaitAllowed = 2_000
const failuresShown = 10
// More than a round needs: the others are starting in place of those that were killed.
const processes = mostContenders + 3

/** @typedef {import('./scenarios.mjs').Scenario} Scenario */

const totals = { acquisitions: 0, contentions: 0, kills: 0, stops: 0, unlinks: 0, overlaps: 0 }
let longestWait = 0
let failures = 0

/** @param {string} text */
function say(text) {
  process.stdout.write(`${text}\n`)
}

/**
 * A round with no lock must be found out, or no other round means anything.
 * @param {ContenderPool} pool
 * @param {import('./round.mjs').Places} places
 * @param {import('./round.mjs').Damage} damage
 */
async function checkTheWitness(pool, places, damage) {
  for (const scenario of brokenScenarios) {
    // The second one needs /proc, without which the witness does not claim to see it.
    if (scenario === 'broken-kill' && process.platform !== 'linux') continue
    const plan = planRound(1, 0, scenario)
    const { overlaps } = await playRound(plan, await pool.take(plan.contenders), places, damage)
    if (overlaps.length > 0) continue
    say(`self-check: ${scenario}: owners without a lock overlapped, and the witness did not see it`)
    return false
  }
  say('self-check: owners without a lock overlap, and the witness sees it')
  return true
}

/**
 * @param {import('./scenarios.mjs').Plan} plan
 * @param {import('./round.mjs').Outcome} outcome
 * @param {string} again the command that plays the same rounds
 */
function count({ round, scenario }, outcome, again) {
  totals.acquisitions += outcome.acquisitions
  totals.contentions += outcome.contentions
  totals.kills += outcome.kills
  totals.stops += outcome.stops
  totals.unlinks += outcome.unlinks
  totals.overlaps += outcome.overlaps.length
  longestWait = Math.max(longestWait, ...outcome.waits)
  const problems = [
    ...outcome.overlaps.map((overlap) => `overlap: ${overlap}`),
    ...outcome.waits
      .filter((wait) => wait > longestWaitAllowed)
      .map((wait) => `next owner only ${wait.toFixed(0)} ms after a kill`),
    ...outcome.errors,
  ]
  if (problems.length === 0) return
  failures++
  say(`FAILED: round ${round}, ${scenario}; again with: ${again}`)
  for (const line of [...problems, ...outcome.testimony.trimEnd().split('\n')]) say(`  ${line}`)
}

/**
 * @param {Pick<typeof import('../src/main/testing/api.ts'), 'aliasDirectory'>} kit
 * @param {string} dir
 */
function mountAlias({ aliasDirectory }, dir) {
  try {
    return aliasDirectory(dir, 'bind-mount')
  } catch (error) {
    say(`without a bind mount among the aliases: ${error instanceof Error ? error.message : error}`)
    return undefined
  }
}

/**
 * @param {string} option
 * @param {string} text
 * @param {number} least so that no run passes by playing nothing
 */
function parseCount(option, text, least) {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(number) && number >= least) return number
  throw new Error(`${option} takes a whole number from ${least} on, not ${JSON.stringify(text)}.`)
}

function parseCommand() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      fs: { type: 'string' },
    },
  })
  const names = /** @type {readonly Scenario[]} */ ([...scenarios, ...brokenScenarios])
  const only = names.find((name) => name === values.only)
  if (values.only !== undefined && !only) throw new Error(`--only takes one of ${names.join(', ')}.`)
  const fs = filesystems.find((name) => name === values.fs)
  if (values.fs !== undefined && !fs) throw new Error(`--fs takes one of ${filesystems.join(', ')}.`)
  return {
    built: positionals[0] ?? '',
    rounds: parseCount('--rounds', values.rounds, 1),
    seed: parseCount('--seed', values.seed, 0),
    only,
    fs,
  }
}

async function main() {
  const { built, rounds, seed, only, fs } = parseCommand()
  /** @type {typeof import('../src/main/testing/api.ts')} */
  const kit = await import(pathToFileURL(join(built, 'main/testing/api.js')).href)
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'datadir-chaos-')))
  const pool = new ContenderPool(join(built, 'main/lock/data-dir-lock.js'), processes)
  /** @type {() => void} */
  let unmount = () => undefined
  /** @type {import('../src/main/testing/api.ts').Alias | undefined} */
  let alias
  // A stopped process would outlive its driver.
  process.on('exit', () => {
    pool.close()
    alias?.[Symbol.dispose]()
    unmount()
    rmSync(folder, { recursive: true, force: true })
  })
  process.on('SIGINT', () => process.exit(130))
  process.on('SIGTERM', () => process.exit(143))
  const mounted = fs ? mountFilesystem(fs, folder) : { dir: folder, close: unmount }
  if ('missing' in mounted) {
    say(`skipped: ${fs}: ${mounted.missing}`)
    return
  }
  unmount = mounted.close
  // The witness is not to share the fate of the filesystem that is tried.
  const dir = join(mounted.dir, 'data')
  mkdirSync(dir, { mode: 0o700 })
  alias = mountAlias(kit, dir)
  const places = { dir, alias: join(folder, 'alias'), mounted: alias?.path, witness: join(folder, 'witness') }
  symlinkSync(places.dir, places.alias)
  const choices = `${only ? ` --only ${only}` : ''}${fs ? ` --fs ${fs}` : ''}`
  const again = `npm run chaos -- --rounds ${rounds} --seed ${seed}${choices}`
  const started = performance.now()
  if (!(await checkTheWitness(pool, places, kit))) process.exit(1)
  let played = 0
  while (played < rounds && failures < failuresShown) {
    const plan = planRound(seed, ++played, only)
    count(plan, await playRound(plan, await pool.take(plan.contenders), places, kit), again)
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  say(`seed ${seed}${fs ? `, ${fs}` : ''}: ${played} rounds in ${seconds} s`)
  for (const [name, total] of Object.entries(totals)) say(`${name}: ${total}`)
  say(`longest wait after a kill: ${longestWait.toFixed(1)} ms (bound: ${longestWaitAllowed} ms)`)
  say(failures === 0 ? 'passed' : `failed: ${failures} rounds`)
  process.exit(failures === 0 ? 0 : 1)
}

await main().catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exit(2)
})
