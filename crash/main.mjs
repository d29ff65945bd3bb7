// @ts-check
// A process writes through the pool and gets SIGKILL, or its files are removed or replaced, or its disk becomes full, again
// and again: `main.mjs BUILT --rounds N --seed S [--only ACCIDENT]`, in Electron's Node. A seed fixes the accidents and their
// moments. The machine decides how much the writer has done at that moment.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fail, openRunFolder, parseCount } from '../chaos/driver.mjs'
import { seededRandom, wholeNumber } from '../chaos/random.mjs'
import { say } from '../scripts/say.mjs'
import { accidents, chooseAccident, whyNot } from './accidents.mjs'
import { Crashes, fillUp, loseFiles, restoreByHand } from './round.mjs'

// A database after some crashes differs from a new one, but each check of it takes longer.
const roundsPerDirectory = 25
const failuresShown = 10
const totals = {
  'killed while opening': 0,
  'killed while writing': 0,
  acknowledged: 0,
  unacknowledged: 0,
  lost: 0,
  'in a rescued or set-aside file': 0,
}
/** @type {Record<string, number>} */
const played = {}
let longestUntilFree = 0
let failures = 0

/** @param {() => number} random */
function chooseMoment(random) {
  return random() < 0.25
    ? /** @type {const} */ ({ from: 'start', after: wholeNumber(random, 20, 600) })
    : /** @type {const} */ ({ from: 'open', after: wholeNumber(random, 0, 250) })
}

/**
 * @param {number} round
 * @param {import('./accidents.mjs').Accident} accident
 * @param {import('./round.mjs').Outcome} outcome
 */
function count(
  round,
  accident,
  { acknowledged, unacknowledged, hadOpened, lockFreeAfter, elsewhere, problems },
) {
  played[accident] = (played[accident] ?? 0) + 1
  if (accident === 'kill') totals[hadOpened ? 'killed while writing' : 'killed while opening']++
  totals['in a rescued or set-aside file'] += elsewhere
  totals.acknowledged += acknowledged
  totals.unacknowledged += unacknowledged
  totals.lost += problems.filter((problem) => problem.endsWith('is lost')).length
  longestUntilFree = Math.max(longestUntilFree, lockFreeAfter)
  if (problems.length === 0) return
  failures++
  say(`FAILED: round ${round}, ${accident}`)
  for (const problem of problems.slice(0, failuresShown)) say(`  ${problem}`)
}

/**
 * Checks that a writer is detected that reports a row as committed too early. Otherwise no other round means anything.
 * @param {string} built
 * @param {string} dir
 */
async function checkTheCheck(built, dir) {
  const { problems } = await new Crashes(built, dir).play('lying', { from: 'open', after: 20_000 }, 'lying')
  const isFound = problems.some((problem) => problem.endsWith('is lost'))
  say(`self-check: a row that was acknowledged and never written is ${isFound ? 'detected' : 'not detected'}`)
  return isFound
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
    },
  })
  const [built = ''] = positionals
  const rounds = parseCount('--rounds', values.rounds, 1)
  const seed = parseCount('--seed', values.seed, 0)
  const only = accidents.find((accident) => accident === values.only)
  if (values.only !== undefined && !only) throw new Error(`--only is one of: ${accidents.join(', ')}`)
  const { folder } = openRunFolder('crash')
  if (!(await checkTheCheck(built, join(folder, 'self-check')))) process.exit(1)
  const random = seededRandom(seed)
  const started = performance.now()
  let round = 0
  let crashes = new Crashes(built, join(folder, '0'))
  for (; round < rounds && failures < failuresShown; round++) {
    if (round % roundsPerDirectory === 0) {
      rmSync(join(folder, String(round - roundsPerDirectory)), { recursive: true, force: true })
      crashes = new Crashes(built, join(folder, String(round)))
    }
    const wanted = only ?? chooseAccident(random)
    const accident = whyNot(wanted) ? 'kill' : wanted
    const name = String(round + 1)
    const dir = join(folder, `accident-${name}`)
    const place = { built, dir, round: name }
    const moment = { from: /** @type {const} */ ('open'), after: wholeNumber(random, 0, 700) }
    if (accident === 'kill') count(round + 1, accident, await crashes.play(name, chooseMoment(random)))
    else if (accident === 'disk-full')
      count(round + 1, accident, await fillUp(place, moment, wholeNumber(random, 0, 300)))
    else if (accident === 'backup-copied-over') count(round + 1, accident, await restoreByHand(place, moment))
    else count(round + 1, accident, await loseFiles(place, moment, accident))
    rmSync(dir, { recursive: true, force: true })
  }
  say(`seed ${seed}: ${round} rounds in ${((performance.now() - started) / 1000).toFixed(0)} s`)
  for (const [name, total] of Object.entries({ ...played, ...totals })) say(`${name}: ${total}`)
  for (const accident of accidents) {
    const reason = whyNot(accident)
    if (reason) say(`${accident}: not played, ${reason}`)
  }
  say(`longest time until the lock was free: ${longestUntilFree.toFixed(1)} ms`)
  say(
    failures === 0
      ? 'passed'
      : `failed: ${failures} rounds; repeat with: npm run crash -- --rounds ${rounds} --seed ${seed}`,
  )
  process.exit(failures === 0 ? 0 : 1)
}

await main().catch(fail)
