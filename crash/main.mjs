// @ts-check
// A process writes through the pool and gets SIGKILL, again and again: `main.mjs BUILT --rounds N --seed S`, in
// Electron's Node. A seed fixes the moments of the kills; how far the writer is by then is the machine's affair.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { seededRandom, wholeNumber } from '../chaos/random.mjs'
import { Crashes } from './round.mjs'

// A database that has seen some crashes is another than a new one, but every look at it takes longer.
const roundsPerDirectory = 25
const failuresShown = 10
const totals = {
  'killed while opening': 0,
  'killed while writing': 0,
  acknowledged: 0,
  unacknowledged: 0,
  lost: 0,
}
let longestUntilFree = 0
let failures = 0

/** @param {string} text */
function say(text) {
  process.stdout.write(`${text}\n`)
}

/** @param {() => number} random */
function chooseMoment(random) {
  return random() < 0.25
    ? /** @type {const} */ ({ from: 'start', after: wholeNumber(random, 20, 600) })
    : /** @type {const} */ ({ from: 'open', after: wholeNumber(random, 0, 250) })
}

/**
 * @param {number} round
 * @param {import('./round.mjs').Outcome} outcome
 */
function count(round, { acknowledged, unacknowledged, hadOpened, lockFreeAfter, problems }) {
  totals[hadOpened ? 'killed while writing' : 'killed while opening']++
  totals.acknowledged += acknowledged
  totals.unacknowledged += unacknowledged
  totals.lost += problems.filter((problem) => problem.endsWith('is lost')).length
  longestUntilFree = Math.max(longestUntilFree, lockFreeAfter)
  if (problems.length === 0) return
  failures++
  say(`FAILED: round ${round}`)
  for (const problem of problems.slice(0, failuresShown)) say(`  ${problem}`)
}

/**
 * A writer that says too early that a row is committed must be found out, or no other round means anything.
 * @param {string} built
 * @param {string} dir
 */
async function checkTheCheck(built, dir) {
  const { problems } = await new Crashes(built, dir).play('lying', { from: 'open', after: 20_000 }, 'lying')
  const isFound = problems.some((problem) => problem.endsWith('is lost'))
  say(
    `self-check: a row that was acknowledged and never written is ${isFound ? 'found to be lost' : 'not noticed'}`,
  )
  return isFound
}

/** @param {string} text */
function parseCount(text) {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 0) return number
  throw new Error(`${JSON.stringify(text)} is not a whole number.`)
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
  })
  const [built = ''] = positionals
  const rounds = parseCount(values.rounds)
  const seed = parseCount(values.seed)
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'datadir-crash-')))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  process.on('SIGINT', () => process.exit(130))
  process.on('SIGTERM', () => process.exit(143))
  if (!(await checkTheCheck(built, join(folder, 'self-check')))) process.exit(1)
  const random = seededRandom(seed)
  const started = performance.now()
  let played = 0
  let crashes = new Crashes(built, join(folder, '0'))
  while (played < rounds && failures < failuresShown) {
    if (played % roundsPerDirectory === 0) {
      rmSync(join(folder, String(played - roundsPerDirectory)), { recursive: true, force: true })
      crashes = new Crashes(built, join(folder, String(played)))
    }
    played++
    count(played, await crashes.play(String(played), chooseMoment(random)))
  }
  say(`seed ${seed}: ${played} rounds in ${((performance.now() - started) / 1000).toFixed(0)} s`)
  for (const [name, total] of Object.entries(totals)) say(`${name}: ${total}`)
  say(`longest time until the lock was free: ${longestUntilFree.toFixed(1)} ms`)
  say(
    failures === 0
      ? 'passed'
      : `failed: ${failures} rounds; again with: npm run crash -- --rounds ${rounds} --seed ${seed}`,
  )
  process.exit(failures === 0 ? 0 : 1)
}

await main().catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exit(2)
})
