// What becomes of a running owner whose lock file, or whole data directory, somebody takes away.
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'playwright/test'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import { press, untilGone, waitForDialogOf, waitForWindowOf } from '../scripts/desktop/windows.mjs'
import { readOwner } from '../src/main/lock/read-owner.ts'
import { test } from './support/held.ts'
import { skipWhen } from './support/skip-when.ts'

test.beforeEach(() => skipWhen(process.platform !== 'linux', 'xdotool is for X11 desktops'))

test('with its lock file removed the owner stays the only one, and makes the file anew', async ({ held }) => {
  const owner = held.packaged()
  await held.untilOwner(owner.pid, 'ready')
  const lockFile = join(held.dataDir, 'notes.lock')
  rmSync(lockFile)
  const { app, dialogs } = held.logged({ press: 'Quit' })
  expect(await app.ended).toBe(75)
  expect(dialogs.read()[0]?.message).toBe(`Notes is already running (PID ${owner.pid}).`)
  await waitFor('the lock file', () => existsSync(lockFile) || undefined)
  expect(readOwner(held.dataDir, 'notes')).toMatchObject({ pid: owner.pid, state: 'ready' })
})

test('with its directory moved away the owner says that it can no longer save', async ({ held }) => {
  const owner = held.packaged()
  await held.untilOwner(owner.pid, 'ready')
  await waitForWindowOf(owner.pid)
  renameSync(held.dataDir, `${held.dataDir}-moved`)
  await untilGone(await waitForDialogOf(owner.pid), () => press('Return'))
  expect(await owner.ended).toBe(0)
  expect(existsSync(held.dataDir)).toBe(false)
})
