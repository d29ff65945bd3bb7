// @ts-check
// The smallest app with one instance and a database behind Kysely's own dialect: kysely.dev/docs/getting-started and
// kysely.dev/docs/migrations. Its page waits for the migrations, its window does not.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { app } from 'electron'
import { Kysely, SqliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import { firstNote, migrations } from '../note.mjs'
import { openWindow } from '../window.mjs'

if (app.requestSingleInstanceLock()) {
  /** @type {import('electron').BrowserWindow | undefined} */
  let window
  app.on('second-instance', () => window?.focus())
  const opening = openDatabase(join(app.getPath('userData'), 'data'))
  app.whenReady().then(() => {
    window = openWindow(async () => firstNote(await opening))
  })
} else {
  app.quit()
}

/** @param {string} dir */
async function openDatabase(dir) {
  mkdirSync(dir, { recursive: true })
  const database = new SqliteDatabase(join(dir, 'app.db'))
  database.pragma('journal_mode = WAL')
  /** @type {Kysely<import('../note.mjs').Schema>} */
  const db = new Kysely({ dialect: new SqliteDialect({ database }) })
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw error
  return db
}
