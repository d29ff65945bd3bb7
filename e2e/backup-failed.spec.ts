// The backup before an update cannot be made: what the user is asked, and what each answer does.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'playwright/test'
import { press, untilGone, waitForDialogOf } from '../scripts/desktop/windows.mjs'
import { type Held, migrated, test } from './support/held.ts'
import { skipWhen } from './support/skip-when.ts'

/** Data of version 1, and a file where the folder of the backups should be. */
async function withoutPlace(held: Held): Promise<string> {
  await held.openOnce(1)
  const path = join(held.dataDir, 'notes.backups')
  writeFileSync(path, 'not a folder')
  return path
}

test('the user can go on without a backup', async ({ held }) => {
  const path = await withoutPlace(held)
  const { app, dialogs } = held.loggedSlow(migrated(2), 'Continue Without Backup')
  await held.untilOwner(app.pid, 'ready')
  const [asked, ...others] = dialogs.read()
  expect(others).toEqual([])
  expect(asked).toMatchObject({
    buttons: ['Try Again', 'Continue Without Backup', 'Open Folder', 'Copy Details', 'Quit'],
    defaultId: 0,
  })
  expect(asked?.detail).toContain('notes.backups')
  expect(readFileSync(path, 'utf8')).toBe('not a folder')
})

test('Enter tries again, and Esc quits without another dialog', async ({ held }) => {
  skipWhen(process.platform !== 'linux', 'xdotool is for X11 desktops')
  const path = await withoutPlace(held)
  const refused = held.loggedSlow({ ...migrated(2), DIALOG_REAL: '1' })
  await untilGone(await waitForDialogOf(refused.app.pid), () => press('Escape'))
  expect(await refused.app.ended).toBe(1)
  expect(refused.dialogs.read()).toHaveLength(1)
  expect(refused.app.stderr()).toContain('ERR_DATADIR_BACKUP_FAILED')

  const { app } = held.loggedSlow({ ...migrated(2), DIALOG_REAL: '1' })
  const dialog = await waitForDialogOf(app.pid)
  rmSync(path)
  await untilGone(dialog, () => press('Return'))
  await held.untilOwner(app.pid, 'ready')
  expect(readdirSync(path)).toEqual([expect.stringMatching(/^000001-.*-before-002-slow\.db$/)])
})
