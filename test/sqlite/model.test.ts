import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Game } from './model/game.ts'
import { Games } from './model/games.ts'
import { interruptions, steps } from './model/steps.ts'
import { textOf } from './model/text.ts'
import { livingThreads } from './worker-threads.ts'

// The long mode: PROPERTY_RUNS=20000 npm test -- unit test/sqlite/model.test.ts, PROPERTY_SEED for other lists.
const numRuns = Number(process.env.PROPERTY_RUNS ?? 200)
const seed = Number(process.env.PROPERTY_SEED ?? 1)
/** Replays one list: the `path` from a report. */
const path = process.env.PROPERTY_PATH ?? ''
const longestTest = 120_000 + numRuns * 500

test.each(['threads', 'inline'] as const)(
  '%s: a pool returns the same rows, names and errors as plain better-sqlite3, even after failures',
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

test(
  'the same holds after a thread is terminated: a transaction is complete, or it changed nothing',
  async () => {
    const threads = livingThreads()
    const property = fc.asyncProperty(interruptions, async ({ before, step, afterMilliseconds, which }) => {
      const list = [...before, step]
      const game = await Game.open('threads')
      const interrupt = async () => {
        await new Promise((resolve) => setTimeout(resolve, afterMilliseconds))
        const living = [...threads]
        await living[which % living.length]?.terminate()
        await game.allOpen()
      }
      try {
        await game.play(1, list, interrupt)
      } catch (error) {
        const what = `thread ${which} ends ${afterMilliseconds} ms after the last of\n${textOf(list)}`
        throw new Error(`${what}\n${(error as Error).message}`, { cause: error })
      } finally {
        if (process.env.PROPERTY_VERBOSE) console.log(game.met)
        await game.close()
      }
    })
    // The timing cannot be reproduced, so smaller lists are not tried.
    await fc.assert(property, { numRuns: Math.ceil(numRuns / 20), seed, path, endOnFailure: true })
  },
  longestTest,
)
