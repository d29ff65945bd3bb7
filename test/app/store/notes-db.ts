import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import { onTestFinished } from 'vitest'
import { migrations, type NotesSchema } from '../../../src/main/app/store/schema.ts'

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'notes-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** A migrated, empty notes database, gone after the test. */
export async function openNotesDb(): Promise<Kysely<NotesSchema>> {
  const database = new Database(join(temporaryFolder(), 'notes.db'))
  // A schema that is not trusted may not use what SQLite considers dangerous: the search must do without.
  database.pragma('trusted_schema = OFF')
  const db = new Kysely<NotesSchema>({ dialect: new SqliteDialect({ database }) })
  onTestFinished(() => db.destroy())
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw error
  return db
}
