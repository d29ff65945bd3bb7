import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'playwright/test'
import { DialogLog } from './support/dialog-log.ts'
import { type Notes, test } from './support/notes.ts'
import { runScript } from './support/run-script.ts'
import { skipWhen } from './support/skip-when.ts'

/** Starts Notes, which must fail with a dialog, and returns what the dialog said. */
async function failureOf(notes: Notes) {
  const log = new DialogLog(notes.folder)
  const app = notes.start({ dialogs: { log: log.path, press: 'Quit' } })
  const code = await app.ended
  const [dialog] = log.read()
  return { code, stderr: app.stderr(), dialog, text: `${dialog?.message}\n${dialog?.detail}` }
}

test('a missing data directory is created for its user alone', async ({ notes }) => {
  notes.dataDir = join(notes.folder, 'not', 'yet', 'there')
  await notes.drive()
  expect(statSync(notes.dataDir).mode & 0o777).toBe(0o700)
})

test('a file in place of the directory is shown in a dialog, and is not touched', async ({ notes }) => {
  writeFileSync(notes.dataDir, 'precious')
  const { code, stderr, text } = await failureOf(notes)
  expect(code).toBe(1)
  expect(stderr).toContain('ERR_DATADIR_UNUSABLE')
  expect(text).toContain('Notes found something else where its data should be.')
  expect(text).toContain('Rename or move the file or folder below, then try again.')
  expect(text).toContain(`Location: ${notes.dataDir}\n`)
  expect(readFileSync(notes.dataDir, 'utf8')).toBe('precious')
})

test('a file that is not a database is shown in a dialog, and is not touched', async ({ notes }) => {
  mkdirSync(notes.dataDir)
  const database = join(notes.dataDir, 'notes.db')
  const content = 'a shopping list that is longer than the header of a database, by far\n'.repeat(20)
  writeFileSync(database, content)
  const { code, stderr, text } = await failureOf(notes)
  expect(code).toBe(1)
  expect(stderr).toContain('ERR_DATADIR_NOT_A_DATABASE')
  expect(text).toContain('Your Notes data is damaged.')
  expect(text).toContain(`Location: ${database}\n`)
  expect(readFileSync(database, 'utf8')).toBe(content)
})

test('a database from a newer version of the app is shown in a dialog, and is not touched', async ({
  notes,
}) => {
  mkdirSync(notes.dataDir)
  const database = join(notes.dataDir, 'notes.db')
  makeNewerDatabase(database)
  const before = readFileSync(database)
  const { code, stderr, text } = await failureOf(notes)
  expect(code).toBe(1)
  expect(stderr).toContain('ERR_DATADIR_DATABASE_NEWER')
  expect(text).toContain('Your Notes data is from a newer version of the app.')
  expect(text).toContain('Update Notes')
  expect(readFileSync(database).equals(before)).toBe(true)
})

test('a read-only filesystem is shown in a dialog', async ({ notes }) => {
  skipWhen(process.getuid?.() !== 0, 'mounting a directory read-only takes root')
  mkdirSync(notes.dataDir)
  execFileSync('mount', ['--bind', notes.dataDir, notes.dataDir])
  try {
    execFileSync('mount', ['-o', 'remount,bind,ro', notes.dataDir])
    const { code, stderr, text } = await failureOf(notes)
    expect(code).toBe(1)
    expect(stderr).toContain('ERR_DATADIR_UNUSABLE')
    expect(text).toContain('Notes can’t open because the disk is write-protected.')
    expect(text).toContain(`Location: ${notes.dataDir}`)
    expect(existsSync(join(notes.dataDir, 'notes.lock'))).toBe(false)
  } finally {
    execFileSync('umount', [notes.dataDir])
  }
})

function makeNewerDatabase(path: string): void {
  const program = `
    const db = new (require('better-sqlite3'))(process.argv[1])
    db.exec("create table kysely_migration (name varchar(255) not null primary key, timestamp varchar(255) not null)")
    db.exec("insert into kysely_migration values ('999-future', '2030-01-01T00:00:00.000Z')")
    db.close()`
  runScript(program, path)
}
