// A running owner whose lock file, database or whole data directory is removed.
import { existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'playwright/test'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import { press, untilGone, waitForDialogOf, waitForWindowOf } from '../scripts/desktop/windows.mjs'
import { test } from './support/held.ts'
import { skipWhen } from './support/skip-when.ts'

test.beforeEach(() => skipWhen(process.platform !== 'linux', 'xdotool is for X11 desktops'))

test('when its lock file is removed, the owner stays the only one and creates the file again', async ({
  held,
}) => {
  const owner = held.packaged()
  await held.untilOwner(owner.pid, 'ready')
  rmSync(join(held.dataDir, 'notes.lock'))
  const { app, dialogs } = held.logged({ press: 'Quit' })
  expect(await app.ended).toBe(75)
  // The record may be gone with its file, and not be written again yet. The kernel then names the owner.
  expect(dialogs.read()[0]?.detail).toContain(`PID: ${owner.pid}\n`)
  // The launch that was refused may have created the file: the owner's record in it is what counts.
  await held.untilOwner(owner.pid, 'ready')
})

test('when its directory is moved away, the owner says that it can no longer save', async ({ held }) => {
  const owner = held.packaged()
  await held.untilOwner(owner.pid, 'ready')
  await waitForWindowOf(owner.pid)
  renameSync(held.dataDir, `${held.dataDir}-moved`)
  await untilGone(await waitForDialogOf(owner.pid), () => press('Return'))
  expect(await owner.ended).toBe(0)
  expect(existsSync(held.dataDir)).toBe(false)
})

test('when its database is removed, the owner says so, and where a copy of the data is', async ({ held }) => {
  const { app, dialogs } = held.logged({ press: 'Quit' })
  await held.untilOwner(app.pid, 'ready')
  for (const name of readdirSync(held.dataDir).filter((file) => file.startsWith('notes.db')))
    rmSync(join(held.dataDir, name))
  expect(await app.ended).toBe(0)
  const [rescued = '', ...others] = readdirSync(held.dataDir).filter((name) => name.includes('.rescued-'))
  expect(others).toEqual([])
  const [dialog] = dialogs.read()
  expect(dialog?.message).toMatch(/can no longer save your notes\.$/)
  expect(dialog?.detail).toContain(join(held.dataDir, 'notes.db'))
  expect(dialog?.detail).toContain(join(held.dataDir, rescued))
})

test('when its database is overwritten while the log is empty, the owner says that there is no copy', async ({
  held,
}) => {
  const { app, dialogs } = held.logged({ press: 'Quit' })
  await held.untilOwner(app.pid, 'ready')
  const database = join(held.dataDir, 'notes.db')
  await waitFor('the log to be empty', () => statSync(`${database}-wal`).size === 0 || undefined)
  writeFileSync(database, 'rubbish that is no database'.repeat(50))
  expect(await app.ended).toBe(0)
  const [dialog] = dialogs.read()
  expect(dialog?.detail).toContain(database)
  expect(dialog?.detail).toContain('Your data couldn’t be copied.')
  expect(dialog?.detail).not.toContain('.wal')
})
