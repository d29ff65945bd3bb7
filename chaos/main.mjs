// @ts-check
// Many processes race for one data directory while the driver kills and stops them and removes their lock file:
// `main.mjs BUILT --rounds N --seed S [--only SCENARIO] [--fs FILESYSTEM] [--users 2]`, in Electron's Node. BUILT is the
// compiled package. A seed fixes what happens in each round. The kernel decides when a process runs, so a failing seed may
// have to be run more than once.
import { fork } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { say } from '../scripts/say.mjs'
import { parseCommand, usage } from './command-line.mjs'
import { fail, openRunFolder } from './driver.mjs'
import { mountFilesystem } from './filesystem.mjs'
import { Company } from './hostile/company.mjs'
import { shareRuntime, whyNoUsers } from './hostile/users.mjs'
import { ContenderPool } from './pool.mjs'
import { playRound } from './round.mjs'
import { brokenScenarios, mostContenders, planRound } from './scenarios.mjs'

/** Milliseconds in which a killed owner's directory must have its next owner. */
const longestWaitAllowed = 2_000
const failuresShown = 10
// More than a round needs, because the others replace killed processes and still start.
const processes = mostContenders + 3

const totals = {
  acquisitions: 0,
  contentions: 0,
  kills: 0,
  stops: 0,
  unlinks: 0,
  overlaps: 0,
  signalled: 0,
  delivered: 0,
}
let longestWait = 0
let failures = 0

/**
 * Checks that the witness detects rounds without a lock. Otherwise no other round means anything.
 * @param {ContenderPool} pool
 * @param {import('./round.mjs').Places} places
 * @param {import('./round.mjs').Damage} damage
 */
async function checkTheWitness(pool, places, damage) {
  for (const scenario of brokenScenarios) {
    // The witness can detect the second one only with /proc.
    if (scenario === 'broken-kill' && process.platform !== 'linux') continue
    const plan = planRound(1, 0, scenario)
    const { overlaps } = await playRound(plan, await pool.take(plan.contenders), places, damage)
    if (overlaps.length > 0) continue
    say(`self-check: ${scenario}: owners without a lock overlapped, and the witness did not detect it`)
    return false
  }
  say('self-check: owners without a lock overlap, and the witness detects it')
  return true
}

/**
 * @param {import('./scenarios.mjs').Plan} plan
 * @param {import('./round.mjs').Outcome & Partial<import('./hostile/company.mjs').Harm>} outcome
 * @param {string} again the command that plays the same rounds
 */
function count({ round, scenario }, outcome, again) {
  totals.acquisitions += outcome.acquisitions
  totals.contentions += outcome.contentions
  totals.kills += outcome.kills
  totals.stops += outcome.stops
  totals.unlinks += outcome.unlinks
  totals.overlaps += outcome.overlaps.length
  const { signalled = [], delivered = [] } = outcome
  totals.signalled += signalled.length
  totals.delivered += delivered.length
  longestWait = Math.max(longestWait, ...outcome.waits)
  const problems = [
    ...outcome.overlaps.map((overlap) => `overlap: ${overlap}`),
    ...outcome.waits
      .filter((wait) => wait > longestWaitAllowed)
      .map((wait) => `the next owner came only ${wait.toFixed(0)} ms after a kill`),
    ...signalled.map((signal) => `an unrelated process was signalled: ${signal}`),
    ...delivered.map((path) => `a stranger has received a launch: ${path}`),
    ...outcome.errors,
  ]
  if (problems.length === 0) return
  failures++
  say(`FAILED: round ${round}, ${scenario}; repeat with: ${again}`)
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
    say(`no alias is a bind mount: ${error instanceof Error ? error.message : error}`)
    return undefined
  }
}

async function main() {
  const { built, rounds, seed, only, fs, isHostile, help } = parseCommand()
  if (help) return say(usage)
  const missing = isHostile ? whyNoUsers(built) : undefined
  if (missing) return say(`skipped: --users 2: ${missing}`)
  /** @type {typeof import('../src/main/testing/api.ts')} */
  const kit = await import(pathToFileURL(join(built, 'main/testing/api.js')).href)
  const { folder, atEnd } = openRunFolder('chaos')
  const mounted = fs ? mountFilesystem(fs, folder) : { dir: folder, close: () => undefined }
  if ('missing' in mounted) return say(`skipped: ${fs}: ${mounted.missing}`)
  atEnd.push(mounted.close)
  // The witness is on another filesystem than the one under test.
  const dir = join(mounted.dir, 'data')
  mkdirSync(dir, { mode: 0o700 })
  const alias = mountAlias(kit, dir)
  atEnd.push(() => alias?.[Symbol.dispose]())
  const places = { dir, alias: join(folder, 'alias'), mounted: alias?.path, witness: join(folder, 'witness') }
  symlinkSync(places.dir, places.alias)
  const lockModule = join(built, 'main/lock/data-dir-lock.js')
  const pool = new ContenderPool(
    () => fork(join(import.meta.dirname, 'contender.mjs'), [lockModule]),
    processes,
  )
  atEnd.push(() => pool.close())
  const choices = `${only ? ` --only ${only}` : ''}${fs ? ` --fs ${fs}` : ''}${isHostile ? ' --users 2' : ''}`
  const again = `npm run chaos -- --rounds ${rounds} --seed ${seed}${choices}`
  const started = performance.now()
  if (!(await checkTheWitness(pool, places, kit))) process.exit(1)
  const hostile = isHostile ? await startHostile(built, folder, mounted.dir, atEnd) : undefined
  if (hostile) pool.close()
  let played = 0
  while (played < rounds && failures < failuresShown) {
    const plan = planRound(seed, ++played, only)
    const contenders = await (hostile?.pool ?? pool).take(plan.contenders)
    const outcome = hostile
      ? await hostile.company.playRound(plan, seed, contenders)
      : await playRound(plan, contenders, places, kit)
    count(plan, outcome, again)
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  say(
    `seed ${seed}${fs ? `, ${fs}` : ''}${isHostile ? ', a hostile user' : ''}: ${played} rounds in ${seconds} s`,
  )
  for (const [name, total] of Object.entries({ ...totals, ...hostile?.company.totals }))
    say(`${name}: ${total}`)
  if (!hostile)
    say(`longest wait after a kill: ${longestWait.toFixed(1)} ms (bound: ${longestWaitAllowed} ms)`)
  say(failures === 0 ? 'passed' : `failed: ${failures} rounds`)
  process.exit(failures === 0 ? 0 : 1)
}

/**
 * @param {string} built
 * @param {string} folder
 * @param {string} dataFolder for the data directories
 * @param {(() => void)[]} atEnd
 */
async function startHostile(built, folder, dataFolder, atEnd) {
  // Both users must be able to reach the files in there.
  for (const path of [folder, dataFolder]) chmodSync(path, 0o755)
  const runtime = shareRuntime(join(folder, 'runtime'))
  atEnd.push(runtime.close)
  const company = new Company(built, runtime.execPath, dataFolder, join(folder, 'hostile-witness'))
  const pool = new ContenderPool(() => company.startContender(), processes)
  atEnd.push(() => {
    pool.close()
    company.close()
  })
  if (!(await company.check())) {
    say('self-check: harm was done on purpose, and it was not detected')
    process.exit(1)
  }
  say('self-check: a signal to a bystander and a launch to a stranger are detected')
  return { company, pool }
}

await main().catch(fail)
