import type { Kysely } from 'kysely'
import { type Note, NotesError, type NoteText } from '../../../shared/notes/notes.ts'
import { hasCjk } from './cjk.ts'
import { indexCjk } from './cjk-index.ts'
import type { NotesSchema } from './schema.ts'

type NotesDb = Kysely<NotesSchema>

/** Throws `not-found` if there is no such note. */
export async function readNote(db: NotesDb, id: number): Promise<Note> {
  const row = await db
    .selectFrom('notes')
    .select(['id', 'title', 'body', 'updated_at as updatedAt', 'source_path as sourcePath'])
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (!row) throw notFound()
  return row
}

/** Adds an empty note. */
export async function createNote(db: NotesDb): Promise<Note> {
  return await db
    .insertInto('notes')
    .values({ title: '', body: '', updated_at: Date.now() })
    .returning(['id', 'title', 'body', 'updated_at as updatedAt', 'source_path as sourcePath'])
    .executeTakeFirstOrThrow()
}

/** Saves a note, removed ones included, so that no text is lost. Throws `not-found` if there is no such note. */
export async function saveNote(db: NotesDb, id: number, { title, body }: NoteText): Promise<void> {
  const change = { title, body, updated_at: Date.now() }
  if (!hasCjk(title) && !hasCjk(body)) return await updateOne(db, id, change)
  await db.transaction().execute(async (transaction) => {
    await updateOne(transaction, id, change)
    await indexCjk(transaction, [{ id, title, body }])
  })
}

/** Takes a note out of lists and searches. Throws `not-found` if there is no such note. */
export async function removeNote(db: NotesDb, id: number): Promise<void> {
  await updateOne(db, id, { removed_at: Date.now() })
}

/** Undoes `removeNote`. Throws `not-found` if there is no such note. */
export async function restoreNote(db: NotesDb, id: number): Promise<void> {
  await updateOne(db, id, { removed_at: null })
}

/** Deletes removed notes for good. */
export async function purgeRemoved(db: NotesDb): Promise<void> {
  await db.deleteFrom('notes').where('removed_at', 'is not', null).execute()
}

async function updateOne(
  db: NotesDb,
  id: number,
  change: { title?: string; body?: string; updated_at?: number; removed_at?: number | null },
): Promise<void> {
  const { numUpdatedRows } = await db.updateTable('notes').set(change).where('id', '=', id).executeTakeFirst()
  if (numUpdatedRows === 0n) throw notFound()
}

function notFound(): NotesError {
  return new NotesError('not-found', 'This note no longer exists.')
}
