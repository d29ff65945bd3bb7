import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Games } from './model/games.ts'
import { steps } from './model/steps.ts'

// The long mode: PROPERTY_RUNS=20000 npm test -- unit test/sqlite/model.test.ts, PROPERTY_SEED for other lists.
const numRuns = Number(process.env.PROPERTY_RUNS ?? 200)
const seed = Number(process.env.PROPERTY_SEED ?? 1)
/** Plays one list again: the `path` of a report. */
const path = process.env.PROPERTY_PATH ?? ''
const longestTest = 120_000 + numRuns * 500

test.each(['threads', 'inline'] as const)(
  '%s: a pool gives the rows, names and errors that plain better-sqlite3 gives, whatever fails on the way',
  async (mode) => {
    const games = new Games(mode)
    const result = await fc.check(
      fc.asyncProperty(steps, (list) => games.play(list)),
      { numRuns, seed, path },
    )
    const [smallest] = result.counterexample ?? []
    const report = smallest && (await games.reportOn(smallest))
    await games.close()
    if (report) expect.fail(`${report}\n${fc.defaultReportMessage(result)}`)
  },
  longestTest,
)
