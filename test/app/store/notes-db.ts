import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { CompiledQuery, Kysely, type Logger, SqliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import { onTestFinished } from 'vitest'
import { migrations } from '../../../src/main/app/store/migrations.ts'
import { listNotes } from '../../../src/main/app/store/note-list.ts'
import { createNote, saveNote } from '../../../src/main/app/store/notes-store.ts'
import type { NotesSchema } from '../../../src/main/app/store/schema.ts'
import type { TextPiece } from '../../../src/shared/notes/notes.ts'

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'notes-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** A migrated, empty notes database, gone after the test. */
export async function openNotesDb(log?: Logger): Promise<Kysely<NotesSchema>> {
  const database = new Database(join(temporaryFolder(), 'notes.db'))
  // A schema that is not trusted may not use what SQLite considers dangerous: the search must do without.
  database.pragma('trusted_schema = OFF')
  const db = new Kysely<NotesSchema>({ dialect: new SqliteDialect({ database }), ...(log && { log }) })
  onTestFinished(() => db.destroy())
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw error
  return db
}

export async function addNote(db: Kysely<NotesSchema>, title: string, body = ''): Promise<number> {
  const { id } = await createNote(db)
  await saveNote(db, id, { title, body })
  return id
}

/** The titles of the first page. */
export async function titlesOf(db: Kysely<NotesSchema>, query: string): Promise<string[]> {
  const notes = await listNotes(db, query, { offset: 0 })
  return notes.map((note) => textOf(note.title))
}

export function textOf(pieces: readonly TextPiece[]): string {
  return pieces.map((piece) => piece.text).join('')
}

/** How SQLite runs each query. */
export async function plansOf(
  db: Kysely<NotesSchema>,
  queries: readonly CompiledQuery[],
): Promise<string[][]> {
  const plans: string[][] = []
  for (const { sql, parameters } of [...queries]) {
    const query = CompiledQuery.raw(`explain query plan ${sql}`, [...parameters])
    const { rows } = await db.executeQuery<{ detail: string }>(query)
    plans.push(rows.map(({ detail }) => detail))
  }
  return plans
}
