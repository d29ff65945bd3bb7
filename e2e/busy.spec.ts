// A database that another program keeps locked, and other faults that once ended an app without a dialog.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'playwright/test'
import { press, untilGone, waitForDialogOf } from '../scripts/desktop/windows.mjs'
import { readOwner } from '../src/main/owner/owner-record-file.ts'
import { type Held, migrated, test } from './support/held.ts'
import { skipWhen } from './support/skip-when.ts'

/** A database that was opened once and closed again. */
async function used(held: Held): Promise<string> {
  await held.openOnce(1)
  return join(held.dataDir, 'notes.db')
}

/** Another program that keeps a database locked until it is killed. */
async function lock(held: Held, path: string): Promise<ChildProcess> {
  const script = `
    const db = new (require('better-sqlite3'))(process.argv[1])
    db.exec('pragma locking_mode = exclusive; begin exclusive')
    console.log('locked')
    setInterval(() => undefined, 1000)`
  const child = spawn(process.env.ELECTRON_PATH ?? '', ['-e', script, path], {
    cwd: resolve(import.meta.dirname, '..'),
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  held.track(child)
  await once(child.stdout ?? child, 'data')
  return child
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

test('Try Again opens the database when the other program has ended', async ({ held }) => {
  skipWhen(process.platform !== 'linux', 'xdotool is for X11 desktops')
  const other = await lock(held, await used(held))
  const { app, dialogs } = held.loggedSlow({ ...migrated(1), DIALOG_REAL: '1' })
  const shown = await waitForDialogOf(app.pid)
  const [dialog] = dialogs.read()
  expect(dialog).toMatchObject({
    message: expect.stringMatching(/^\S+ is using your Notes data\.$/),
    buttons: ['Try Again', 'Copy Details', 'Quit'],
  })
  expect(dialog?.detail).toMatch(/^Quit the other program, then try again\.\n\n/)
  expect(dialog?.detail).toContain(`PID: ${other.pid}\n`)
  expect(app.stderr()).toContain('[ERR_DATADIR_DATABASE_OPEN]')

  // This process still owns the directory, and the same question appears again.
  expect(readOwner(held.dataDir, 'notes')?.pid).toBe(app.pid)
  await untilGone(shown, () => press('Return'))
  const again = await waitForDialogOf(app.pid)
  await end(other)
  await untilGone(again, () => press('Return'))
  await held.untilOwner(app.pid, 'ready')
  expect(dialogs.read()).toHaveLength(2)
})

test('Quit ends the app after one dialog, and no owner record is left', async ({ held }) => {
  await lock(held, await used(held))
  const { app, dialogs } = held.loggedSlow(migrated(1), 'Quit')
  expect(await app.ended).toBe(1)
  expect(dialogs.read()).toHaveLength(1)
  expect(readOwner(held.dataDir, 'notes')).toBeUndefined()
})

test('SIGTERM ends the app while the dialog is open', async ({ held }) => {
  await lock(held, await used(held))
  const { app, dialogs } = held.loggedSlow(migrated(1))
  await dialogs.first()
  app.kill('SIGTERM')
  expect([0, 1]).toContain(await app.ended)
})

test('a file in place of the backups is shown in a dialog, and Quit ends the app', async ({ held }) => {
  await used(held)
  const backups = join(held.dataDir, 'notes.backups')
  writeFileSync(backups, 'precious')
  const { app, dialogs } = held.loggedSlow(migrated(2), 'Quit')
  expect(await app.ended).toBe(1)
  const [dialog, ...others] = dialogs.read()
  expect(others).toEqual([])
  expect(dialog).toMatchObject({
    type: 'warning',
    message: 'Notes can’t back up its data.',
    buttons: ['Try Again', 'Continue Without Backup', 'Open Folder', 'Copy Details', 'Quit'],
  })
  expect(dialog?.detail).toMatch(/^Notes makes a backup before it updates the data\. /)
  expect(dialog?.detail).toContain('Rename or move the file or folder below')
  expect(dialog?.detail).toContain(backups)
  expect(app.stderr()).toContain('[ERR_DATADIR_BACKUP_FAILED]')
  expect(existsSync(join(held.dataDir, 'notes.sock'))).toBe(false)
})
