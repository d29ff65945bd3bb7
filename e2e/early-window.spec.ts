// An app that opens its window as soon as it owns the directory, in onOwned.
import { execFileSync } from 'node:child_process'
import { expect } from 'playwright/test'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import {
  listWindows,
  press,
  untilGone,
  waitForDialogOf,
  waitForFocusOf,
  waitForWindowOf,
} from '../scripts/desktop/windows.mjs'
import { readOwner } from '../src/main/owner/owner-record-file.ts'
import { test } from './support/held.ts'
import { skipWhen } from './support/skip-when.ts'

test.beforeEach(() => skipWhen(process.platform !== 'linux', 'wmctrl is for X11 desktops'))

test('the window is open while the database migrates, and there is no start window', async ({ held }) => {
  const owner = held.slow({ SLOW_EARLY: '1', SLOW_MIGRATIONS: '2', SLOW_MIGRATION_MS: '3000' })
  await waitForWindowOf(owner.pid, ({ title }) => title === 'Slow 1')
  const titles = new Set<string>()
  await waitFor('the database to be open', () => {
    for (const { pid, title } of listWindows()) if (pid === owner.pid) titles.add(title)
    return readOwner(held.dataDir, 'notes')?.state === 'ready' ? true : undefined
  })
  expect([...titles]).toEqual(['Slow 1'])
})

test('a launch that arrives before the database is open is shown once in that window', async ({ held }) => {
  const owner = held.slow({ SLOW_EARLY: '1', SLOW_MIGRATIONS: '1', SLOW_MIGRATION_MS: '3000' })
  await held.untilOwner(owner.pid, 'starting')
  const contender = held.logged({ args: [import.meta.filename] })
  expect(await contender.app.ended).toBe(0)
  const { title } = await waitForWindowOf(owner.pid, ({ title }) => title.includes('early-window.spec.ts'))
  expect(title.split('early-window.spec.ts')).toHaveLength(2)
  expect(listWindows().filter(({ pid }) => pid === owner.pid)).toHaveLength(1)
})

test('a second launch opens no window of its own', async ({ held }) => {
  const owner = held.slow({ SLOW_EARLY: '1' })
  await waitForFocusOf(owner.pid)
  const contender = held.loggedSlow({ SLOW_EARLY: '1' }, 'Show Notes')
  expect(await contender.app.ended).toBe(0)
  expect(listWindows().filter(({ pid }) => pid === contender.app.pid)).toHaveLength(0)
})

test('if the database cannot be opened, a dialog says so, and the app ends with its window', async ({
  held,
}) => {
  const owner = held.loggedSlow(
    { SLOW_EARLY: '1', SLOW_MIGRATIONS: '1', SLOW_MIGRATION_MS: '500', SLOW_FAILS: '1' },
    'Quit',
  )
  expect(await owner.app.ended).toBe(1)
  expect(owner.app.stderr()).toContain('ERR_DATADIR_MIGRATION_FAILED')
  expect(owner.dialogs.read()).toHaveLength(1)
  expect(readOwner(held.dataDir, 'notes')).toBeUndefined()
})

test('quitting while the database migrates ends the app, and the next launch goes on', async ({ held }) => {
  const slow = { SLOW_EARLY: '1', SLOW_MIGRATIONS: '1', SLOW_MIGRATION_MS: '3000' }
  const first = held.slow(slow)
  await held.untilOwner(first.pid, 'migrating')
  first.kill('SIGTERM')
  expect(await first.ended).toBe(0)
  const second = held.slow(slow)
  await held.untilOwner(second.pid, 'ready')
})

test('a question stays in front of that window, whichever appears first', async ({ held }) => {
  held.replaceDatabase()
  const owner = held.slow({ SLOW_EARLY: '1' })
  const window = await waitForWindowOf(owner.pid, ({ title }) => title === 'Slow 1')
  await waitFor('the dialog to belong to the window', () => {
    const dialog = listWindows().find(({ id, pid }) => pid === owner.pid && id !== window.id)
    return (dialog && windowBehind(dialog.id) === window.id) || undefined
  })
  const dialog = await waitForDialogOf(owner.pid)
  owner.kill('SIGTERM')
  expect(await owner.ended).toBe(0)
  expect(listWindows().filter(({ id }) => id === dialog.id)).toEqual([])
})

test('Quit in a question about the data ends the app with its window', async ({ held }) => {
  held.replaceDatabase()
  const owner = held.slow({ SLOW_EARLY: '1' })
  await waitForWindowOf(owner.pid, ({ title }) => title === 'Slow 1')
  await untilGone(await waitForDialogOf(owner.pid), () => press('Escape'))
  expect(await owner.ended).toBe(1)
})

/** Returns the window that the window manager keeps another window in front of. */
function windowBehind(id: number): number {
  const property = execFileSync('xprop', ['-id', String(id), 'WM_TRANSIENT_FOR'], { encoding: 'utf8' })
  return Number(/# (0x[0-9a-f]+)/.exec(property)?.[1])
}
