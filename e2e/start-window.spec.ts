// What the user sees while a start takes long.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'playwright/test'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import { activeWindow, listWindows, waitForFocusOf, waitForWindowOf } from '../scripts/desktop/windows.mjs'
import { isAlive } from '../src/main/owner/process-stat.ts'
import { test } from './support/held.ts'
import { picture } from './support/picture.ts'
import { skipWhen } from './support/skip-when.ts'

test.beforeEach(() => skipWhen(process.platform !== 'linux', 'wmctrl is for X11 desktops'))

test('a window shows the progress of a long migration, takes no focus, and is gone afterwards', async ({
  held,
}) => {
  const other = held.slow({ SLOW_FOLDER: join(held.folder, 'other') })
  // On a busy machine it has a start window first.
  const inUse = await waitForWindowOf(other.pid, ({ title }) => title === 'Slow 1')
  await waitFor('the focus of that window', () => (activeWindow()?.id === inUse.id ? true : undefined))
  const owner = held.slow({ SLOW_MIGRATIONS: '3', SLOW_MIGRATION_MS: '4000' })
  const start = await waitForWindowOf(owner.pid, ({ title }) => title === 'Notes')
  await picture(start, 'start-window')
  expect(activeWindow()?.id).toBe(inUse.id)
  const main = await waitForWindowOf(owner.pid, ({ title }) => title === 'Slow 1')
  await waitForFocusOf(owner.pid)
  await waitFor('the start window to go', () => {
    const windows = listWindows()
    return windows.some(({ id }) => id === main.id) && windows.length === 2 ? true : undefined
  })
  expect(isAlive(owner.pid)).toBe(true)
})

test('the words and the bar of that window say how many migrations are done', async ({ held }) => {
  const app = await held.drivenSlow({ SLOW_MIGRATIONS: '3', SLOW_MIGRATION_MS: '2500' })
  const page = await app.firstWindow()
  const bar = page.getByRole('progressbar')
  for (const done of ['1', '2']) {
    await expect(page.getByRole('status')).toHaveText(`Updating your data: ${done} of 3 steps`)
    await expect(bar).toHaveAttribute('value', done)
    await expect(bar).toHaveAttribute('max', '3')
  }
})

test('an app that opens an existing database has no start window, even if it is busy until Electron is ready', async ({
  held,
}) => {
  const first = held.slow()
  await held.untilOwner(first.pid, 'ready')
  first.kill('SIGKILL')
  await first.ended
  const owner = held.slow({ SLOW_START_MS: '500' })
  await held.untilOwner(owner.pid, 'ready')
  const created = readFileSync(join(held.folder, 'created'), 'utf8').split('\n')
  expect(created.filter((pid) => pid === String(owner.pid))).toHaveLength(1)
})

test('a launch that is handed over during a migration is shown in the window that opens afterwards', async ({
  held,
}) => {
  const owner = held.slow({ SLOW_MIGRATIONS: '2', SLOW_MIGRATION_MS: '4000' })
  await held.untilOwner(owner.pid, 'migrating')
  const contender = held.logged({ args: [import.meta.filename] })
  expect(await contender.app.ended).toBe(0)
  await waitForWindowOf(owner.pid, ({ title }) => title.endsWith('+ start-window.spec.ts'))
})
