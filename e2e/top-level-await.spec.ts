// An ES module that waits at its top level: Electron becomes ready only after the module has run.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'playwright/test'
import type { RunningApp } from '../scripts/desktop/start-app.mjs'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import { waitForWindowOf } from '../scripts/desktop/windows.mjs'
import { readOwner } from '../src/main/owner/owner-record-file.ts'
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

const afterLoading = (held: Held, env = {}, press?: string) =>
  held.loggedSlow({ SLOW_AWAIT: 'loaded', ...env }, press)

test('an owner that waits for loaded has its existing database open before Electron is ready', async ({
  held,
}) => {
  const first = held.slow()
  await held.untilOwner(first.pid, 'ready')
  const claimed = () => readFileSync(join(held.folder, 'claimed'), 'utf8')
  expect(claimed()).toBe('ready')
  first.kill('SIGKILL')
  await first.ended
  const { app } = afterLoading(held)
  await held.untilOwner(app.pid, 'ready')
  expect(claimed()).toBe('not ready')
})

test('an owner that waits for loaded opens its window during a long migration', async ({ held }) => {
  const env = { SLOW_EARLY: '1', SLOW_MIGRATIONS: '2', SLOW_MIGRATION_MS: '3000' }
  const { app } = afterLoading(held, env)
  await waitForWindowOf(app.pid, ({ title }) => title === 'Slow 1')
  expect(readOwner(held.dataDir, 'notes')?.state).not.toBe('ready')
})

test('a second launch that waits for loaded shows its dialog', async ({ held }) => {
  const owner = held.slow()
  await held.untilOwner(owner.pid, 'ready')
  const { app } = afterLoading(held, {}, 'Show Notes')
  expect(await app.ended).toBe(0)
})

test('a launch that waits for loaded shows why its database cannot be opened', async ({ held }) => {
  held.replaceDatabase()
  const { app, dialogs } = afterLoading(held, {}, 'Quit')
  expect(await app.ended).toBe(1)
  expect(dialogs.read()).toHaveLength(1)
})

test('a launch that waits for loaded shows that an option is misspelled', async ({ held }) => {
  const { app, dialogs } = afterLoading(held, { SLOW_MISSPELT: 'migration' }, 'Quit')
  expect(await app.ended).toBe(1)
  expect(dialogs.read()).toHaveLength(1)
})
