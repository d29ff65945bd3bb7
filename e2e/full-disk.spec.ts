// A disk that is full when the app starts, or when a backup is restored: a dialog says why, and the app ends.
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'playwright/test'
import {
  listWindows,
  press,
  untilGone,
  waitForDialogOf,
  waitForWindowOf,
} from '../scripts/desktop/windows.mjs'
import { readOwner } from '../src/main/owner/owner-record-file.ts'
import { test as base, migrated } from './support/held.ts'
import { picture } from './support/picture.ts'
import { skipWhen } from './support/skip-when.ts'

/** The data directory's own filesystem. */
interface SmallDisk {
  /** Leaves no byte free. */
  fill(): void
  empty(): void
}

const test = base.extend<{ disk: SmallDisk }>({
  // A backup before a migration keeps 16 MiB free for the log of the migration.
  disk: async ({ held }, use) => {
    skipWhen(
      process.platform !== 'linux' || process.getuid?.() !== 0,
      'mounting a small disk takes root on Linux',
    )
    mkdirSync(held.dataDir)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m,mode=700', 'tmpfs', held.dataDir])
    const ballast = join(held.dataDir, 'ballast')
    await use({
      fill() {
        const { bavail, bsize } = statfsSync(held.dataDir)
        const fd = openSync(ballast, 'a')
        writeSync(fd, Buffer.alloc(bavail * bsize))
        closeSync(fd)
      },
      empty: () => rmSync(ballast),
    })
    // The apps of the test are ended later.
    execFileSync('umount', ['--lazy', held.dataDir])
  },
})

test('a first start on a full disk says so, and Try Again opens the window once there is space', async ({
  held,
  disk,
}) => {
  disk.fill()
  const { app, dialogs } = held.loggedSlow({
    ...migrated(1),
    SLOW_EARLY: '1',
    SLOW_OPENS: '/first.md',
    DIALOG_REAL: '1',
  })
  const shown = await waitForDialogOf(app.pid)
  await picture(shown, 'disk-full')
  const [dialog] = dialogs.read()
  expect(dialog).toMatchObject({
    message: 'Notes can’t open because the disk is full.',
    buttons: ['Try Again', 'Open Folder', 'Copy Details', 'Quit'],
  })
  expect(dialog?.detail).toMatch(/^Delete files that you no longer need, then try again\./)
  expect(app.stderr()).toContain('[ERR_DATADIR_DATABASE_OPEN]')
  expect(readOwner(held.dataDir, 'notes')).toBeUndefined()

  // The cause is still there, and the same dialog appears again.
  await untilGone(shown, () => press('Return'))
  const again = await waitForDialogOf(app.pid)
  disk.empty()
  await untilGone(again, () => press('Return'))
  await held.untilOwner(app.pid, 'ready')
  // There is one window, and the file that was opened meanwhile is not lost.
  await waitForWindowOf(app.pid, ({ title }) => title === 'Slow 1 + first.md')
  expect(listWindows().filter(({ pid }) => pid === app.pid)).toHaveLength(1)
  app.kill('SIGTERM')
  expect(await app.ended).toBe(0)
})

test('Restore Backup on a full disk changes nothing, the app exits, and it works when there is space', async ({
  held,
  disk,
}) => {
  await held.openOnce(1)
  await held.openOnce(2)
  const path = join(held.dataDir, 'notes.db')
  writeFileSync(path, readFileSync(path).fill('rubbish', 0, 4096))
  const damaged = readFileSync(path)
  disk.fill()

  const { app, dialogs } = held.loggedSlow({ ...migrated(2), DIALOG_REAL: '1' })
  await untilGone(await waitForDialogOf(app.pid), () => press('Return'))
  await untilGone(await waitForDialogOf(app.pid), () => press('Escape'))
  expect(await app.ended).toBe(1)
  const [question, failure, ...others] = dialogs.read()
  expect(others).toEqual([])
  expect(question?.buttons).toEqual(['Restore Backup', 'Open Folder', 'Copy Details', 'Quit'])
  expect(failure).toMatchObject({
    message: 'Your Notes data couldn’t be restored.',
    buttons: ['Try Again', 'Open Folder', 'Copy Details', 'Quit'],
  })
  expect(failure?.detail).toContain('Delete files that you no longer need, then try again.')
  expect(app.stderr()).toContain('was not restored: the disk is full (ENOSPC).')
  expect(readFileSync(path).equals(damaged)).toBe(true)
  expect(readdirSync(join(held.dataDir, 'notes.backups'))).toHaveLength(1)

  disk.empty()
  const again = held.loggedSlow(migrated(2), 'Restore Backup')
  await held.untilOwner(again.app.pid, 'ready')
  expect(readdirSync(held.dataDir)).toContainEqual(expect.stringMatching(/^notes\.db\.damaged-/))
})
