import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ContenderPool } from '../chaos/pool.mjs'
import { playRound } from '../chaos/round.mjs'
import { mostContenders, planRound, type Scenario } from '../chaos/scenarios.mjs'
import { replaceLockFile, unlinkLockFile } from '../src/main/testing/lock-damage.ts'
import { newDirectory } from './support/new-directory.ts'

const rounds = 30
// Milliseconds from a kill to the next owner, on a machine that has other things to do.
const longestWaitAllowed = 5_000
const folder = newDirectory()
const places = { dir: join(folder, 'data'), alias: join(folder, 'data'), witness: join(folder, 'witness') }
mkdirSync(places.dir)
const lockModule = join(import.meta.dirname, '..', 'src', 'main', 'lock', 'data-dir-lock.js')
const contender = join(import.meta.dirname, '..', 'chaos', 'contender.mjs')
const pool = new ContenderPool(() => fork(contender, [lockModule]), mostContenders)
after(() => pool.close())

async function play(round: number, scenario: Scenario) {
  const plan = planRound(1, round, scenario)
  return playRound(plan, await pool.take(plan.contenders), places, { replaceLockFile, unlinkLockFile })
}

test('the witness sees owners overlap where there is no lock', async () => {
  assert.notDeepEqual((await play(0, 'broken')).overlaps, [])
})

for (const scenario of ['race', 'kill-owner', 'kill-anyone', 'unlink'] as const) {
  test(`no two owners overlap: ${scenario}`, async (t) => {
    const totals = { acquisitions: 0, contentions: 0, kills: 0, 'longest wait after a kill, ms': 0 }
    for (let round = 1; round <= rounds; round++) {
      const { overlaps, errors, waits, testimony, ...counts } = await play(round, scenario)
      assert.deepEqual({ overlaps, errors }, { overlaps: [], errors: [] }, `round ${round}:\n${testimony}`)
      for (const wait of waits)
        assert.ok(wait < longestWaitAllowed, `next owner only ${wait} ms after a kill`)
      totals.acquisitions += counts.acquisitions
      totals.contentions += counts.contentions
      totals.kills += counts.kills
      totals['longest wait after a kill, ms'] = Math.max(
        totals['longest wait after a kill, ms'],
        ...waits.map(Math.ceil),
      )
    }
    t.diagnostic(`${rounds} rounds: ${JSON.stringify(totals)}`)
    assert.ok(totals.contentions > 0)
  })
}
