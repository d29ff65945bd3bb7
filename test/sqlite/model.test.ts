import type { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { Game } from './model/game.ts'
import { Games } from './model/games.ts'
import { interruptions, steps } from './model/steps.ts'
import { textOf } from './model/text.ts'

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

test(
  'and so it is after a thread has ended from outside: a transaction is whole, or nothing of it is there',
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
    // The same moment does not come twice, so smaller lists are not worth a try.
    await fc.assert(property, { numRuns: Math.ceil(numRuns / 10), seed, path, endOnFailure: true })
  },
  longestTest,
)

/** The threads that live, in the order they were started. */
function livingThreads(): Set<Worker> {
  const threads = new Set<Worker>()
  const add = (worker: Worker) => {
    threads.add(worker)
    worker.once('exit', () => threads.delete(worker))
  }
  process.on('worker', add)
  onTestFinished(() => void process.off('worker', add))
  return threads
}
