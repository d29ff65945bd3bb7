// An ES module that waits for the claim at its top level: Electron becomes ready only after the module has run.
import { mkdirSync } from 'node:fs'
import { expect } from 'playwright/test'
import type { RunningApp } from '../scripts/desktop/start-app.mjs'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import { type Held, test } from './support/held.ts'

const explained = (app: RunningApp) =>
  waitFor('the explanation', () => (app.stderr().includes('remove that await') ? app.stderr() : undefined))

const awaiting = (held: Held, env = {}) => held.loggedSlow({ SLOW_AWAIT: '1', ...env })

test('a launch that waits for the claim at the top level says on stderr why no dialog appears, once', async ({
  held,
}) => {
  const owner = held.slow()
  await held.untilOwner(owner.pid, 'ready')
  const refused = awaiting(held)
  mkdirSync(held.dataDir, { recursive: true })
  expect(await explained(refused.app)).toContain(
    'Notes: Electron is not ready after 5 s, so no window and no dialog can appear.',
  )
  expect(refused.dialogs.read()).toEqual([])
  refused.app.kill('SIGKILL')
  await refused.app.ended
  expect(refused.app.stderr().match(/remove that await/g)).toHaveLength(1)
})

test('stderr has the same explanation after a failure, and in an owner that opens its window in onOwned', async ({
  held,
}) => {
  held.replaceDatabase()
  const failed = awaiting(held)
  expect(await explained(failed.app)).toContain('Electron is not ready')
  failed.app.kill('SIGKILL')
  await failed.app.ended
  const owner = awaiting(held, { SLOW_EARLY: '1' })
  expect(await explained(owner.app)).toContain('Electron is not ready')
})
