import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { Crashes } from '../../crash/round.mjs'
import { temporaryDirectory } from '../support/temporary-directory.ts'

// The long mode is a driver of its own: npm run crash -- --rounds 500 --seed 1.
const built = resolve(import.meta.dirname, '../../dist/main')
const longest = 60_000

test(
  'the test finds a row that a writer reports before it is committed',
  async () => {
    const crashes = new Crashes(built, join(temporaryDirectory(), 'data'))
    const { problems } = await crashes.play('1', { from: 'open', after: longest }, 'lying')
    expect(problems).toEqual([expect.stringMatching(/was acknowledged and is lost$/)])
  },
  longest,
)

test(
  'if a writer is killed at any time, every commit that was reported to it is there, and the lock is free at once',
  async () => {
    const crashes = new Crashes(built, join(temporaryDirectory(), 'data'))
    const moments = [
      { from: 'start', after: 200 },
      { from: 'open', after: 0 },
      { from: 'open', after: 100 },
      { from: 'open', after: 300 },
    ] as const
    let acknowledged = 0
    for (const [index, moment] of moments.entries()) {
      const outcome = await crashes.play(String(index), moment)
      expect(outcome.problems).toEqual([])
      acknowledged += outcome.acknowledged
    }
    expect(acknowledged).toBeGreaterThan(0)
  },
  longest,
)
