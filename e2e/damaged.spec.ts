// A damaged database, the real dialog and its real buttons.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'playwright/test'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import { press, untilGone, waitForDialogOf, waitForWindowOf } from '../scripts/desktop/windows.mjs'
import { readOwner } from '../src/main/owner/owner-record-file.ts'
import { test as heldTest, migrated } from './support/held.ts'
import { type Notes, test } from './support/notes.ts'
import { runScript } from './support/run-script.ts'
import { skipWhen } from './support/skip-when.ts'
import { startNote } from './support/start-note.ts'

test.beforeEach(() => skipWhen(process.platform !== 'linux', 'xdotool is for X11 desktops'))

/** A database with one note, a backup of it, and then rubbish over its first page. */
async function damage(notes: Notes): Promise<Buffer> {
  const { app, page } = await notes.drive()
  await startNote(page, 'Survives')
  await expect(page.getByText('Saved')).toBeVisible()
  await app.close()
  const database = join(notes.dataDir, 'notes.db')
  mkdirSync(join(notes.dataDir, 'notes.backups'))
  copyFileSync(
    database,
    join(notes.dataDir, 'notes.backups', '2026-03-01T09-00-00.000Z-before-002-search.db'),
  )
  const bytes = readFileSync(database).fill('rubbish', 0, 4096)
  writeFileSync(database, bytes)
  return bytes
}

const setAside = ({ dataDir }: { readonly dataDir: string }) =>
  readdirSync(dataDir).filter((name) => /^notes\.db\.damaged-[^-]+-\d\d-\d\dT[\d.-]+Z$/.test(name))

test('Restore Backup opens the backup and keeps the damaged file', async ({ notes }) => {
  const damaged = await damage(notes)
  const app = notes.start()
  const dialog = await waitForDialogOf(app.pid)
  await untilGone(dialog, () => press('Return'))
  await waitForWindowOf(app.pid, ({ id, title }) => id !== dialog.id && title.endsWith('Notes'))
  // The window may have been open before the answer.
  await waitFor('the database', () => readOwner(notes.dataDir, 'notes')?.state === 'ready' || undefined)
  const [aside = '', ...others] = setAside(notes)
  expect(others).toEqual([])
  expect(readFileSync(join(notes.dataDir, aside)).equals(damaged)).toBe(true)
  app.kill('SIGTERM')
  expect(await app.ended).toBe(0)
  const { page } = await notes.drive()
  await expect(page.getByText('Survives').first()).toBeVisible()
})

test('Esc quits and changes nothing', async ({ notes }) => {
  const damaged = await damage(notes)
  const app = notes.start()
  await untilGone(await waitForDialogOf(app.pid), () => press('Escape'))
  expect(await app.ended).toBe(1)
  expect(app.stderr()).toContain('ERR_DATADIR_NOT_A_DATABASE')
  expect(setAside(notes)).toEqual([])
  expect(readFileSync(join(notes.dataDir, 'notes.db')).equals(damaged)).toBe(true)
})

test('SIGTERM ends the app while the dialog is open', async ({ notes }) => {
  await damage(notes)
  const app = notes.start()
  await waitForDialogOf(app.pid)
  app.kill('SIGTERM')
  expect([0, 1]).toContain(await app.ended)
  expect(setAside(notes)).toEqual([])
})

heldTest('an option that is undefined counts as not given: the user is asked', async ({ held }) => {
  await held.openOnce(1)
  const database = join(held.dataDir, 'notes.db')
  const backups = join(held.dataDir, 'notes.backups')
  mkdirSync(backups, { recursive: true })
  copyFileSync(database, join(backups, '2026-03-01T09-00-00.000Z-before-002-search.db'))
  writeFileSync(database, readFileSync(database).fill('rubbish', 0, 4096))

  const { app, dialogs } = held.loggedSlow({ ...migrated(1), SLOW_UNSET: 'onDamaged' }, 'Restore Backup')
  await held.untilOwner(app.pid, 'ready')
  expect(dialogs.read()).toMatchObject([
    { buttons: ['Restore Backup', 'Open Folder', 'Copy Details', 'Quit'] },
  ])
})

const lineOf = (path: string) => readFileSync(path, 'utf8').trim()

test('Repair after a search that failed loses no note, and search works again', async ({ notes }) => {
  const first = await notes.drive()
  await startNote(first.page, 'Survives')
  await expect(first.page.getByText('Saved')).toBeVisible()
  await first.app.close()
  const database = join(notes.dataDir, 'notes.db')
  mkdirSync(join(notes.dataDir, 'notes.backups'))
  copyFileSync(
    database,
    join(notes.dataDir, 'notes.backups', '2026-03-01T09-00-00.000Z-before-002-search.db'),
  )
  addNotesAndDamageSearch(database)

  const failing = await notes.drive()
  await failing.page.getByLabel('Search notes').fill('Survives')
  await waitFor('the mark', () => existsSync(`${database}-check`) || undefined)
  expect(lineOf(`${database}-check`)).toContain('SQLITE_CORRUPT')
  await expect(failing.page.getByRole('alert')).toContainText('Your Notes data is damaged.')
  await expect(failing.page.getByText('301 notes').first()).toBeVisible()
  await failing.app.close()

  const app = notes.start()
  const dialog = await waitForDialogOf(app.pid)
  await untilGone(dialog, () => press('Return'))
  await waitForWindowOf(app.pid, ({ id, title }) => id !== dialog.id && title.endsWith('Notes'))
  app.kill('SIGTERM')
  expect(await app.ended).toBe(0)
  expect(existsSync(`${database}-check`)).toBe(false)

  const { page } = await notes.drive()
  await expect(page.getByText('301 notes').first()).toBeVisible()
  await page.getByLabel('Search notes').fill('Survives')
  await expect(page.getByText('Survives').first()).toBeVisible()
})

test('the dialog about a damaged index offers to repair it first', async ({ notes }) => {
  const { app } = await notes.drive()
  await app.close()
  const database = join(notes.dataDir, 'notes.db')
  addNotesAndDamageSearch(database)
  writeFileSync(`${database}-check`, '')
  const log = join(notes.folder, 'dialogs')
  const asked = notes.start({ dialogs: { press: 'Quit', log } })
  expect(await asked.ended).toBe(1)
  const { message, detail, buttons } = JSON.parse(lineOf(log))
  expect(message).toBe('Your Notes data needs to be repaired.')
  expect(detail).toContain('Nothing is lost.')
  expect(buttons).toEqual(['Repair', 'Copy Details', 'Quit'])
})

/** Adds 300 notes, and writes rubbish over every page of the search index. */
function addNotesAndDamageSearch(path: string): void {
  const program = `
    const { openSync, writeSync } = require('node:fs')
    const db = new (require('better-sqlite3'))(process.argv[1])
    db.exec("with recursive n (i) as (select 1 union all select i + 1 from n where i < 300)" +
      " insert into notes (title, body, updated_at) select 'Note ' || i, hex(randomblob(200)), i from n")
    db.pragma('wal_checkpoint(truncate)')
    const pages = db.prepare("select pageno from dbstat where name = 'notes_fts_data'").pluck().all()
    db.close()
    const file = openSync(process.argv[1], 'r+')
    for (const page of pages) writeSync(file, Buffer.alloc(4096, 0x5a), 0, 4096, (page - 1) * 4096)`
  runScript(program, path)
}
heldTest('after a downgrade the user can go back to the backup that fits', async ({ held }) => {
  for (const count of [1, 2]) await held.openOnce(count)
  const { app, dialogs } = held.loggedSlow({ SLOW_MIGRATIONS: '1' }, 'Restore Backup')
  await held.untilOwner(app.pid, 'ready')
  const [asked, ...others] = dialogs.read()
  expect(others).toEqual([])
  // Enter quits.
  expect(asked).toMatchObject({ buttons: ['Restore Backup', 'Copy Details', 'Quit'], defaultId: 2 })
  const day = new Date().toLocaleDateString('en-US', { dateStyle: 'medium' })
  expect(asked?.detail).toContain(`There is a usable backup from ${day}`)
  expect(setAside(held)).toHaveLength(1)
})
