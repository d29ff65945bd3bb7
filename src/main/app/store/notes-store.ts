import { type Kysely, type SqlBool, sql } from 'kysely'
import { type Note, type NoteList, NotesError, type NoteText } from '../../../shared/notes/notes.ts'
import { plainText } from './plain-text.ts'
import type { NotesSchema } from './schema.ts'
import { MATCH_END, MATCH_START, matchExpression, piecesOf } from './search-query.ts'

type NotesDb = Kysely<NotesSchema>

const EXCERPT_LENGTH = 160
// An excerpt shows no Markdown marks and link targets, so it needs more of the body than its own length.
const EXCERPT_SOURCE_LENGTH = 1_000
const SNIPPET_WORDS = 16

/** Returns the first `limit` notes: the latest ones, or the best matches if `query` is not blank. */
export async function listNotes(db: NotesDb, query: string, limit: number): Promise<NoteList> {
  return query.trim() === '' ? await latestNotes(db, limit) : await matchingNotes(db, query, limit)
}

async function latestNotes(db: NotesDb, limit: number): Promise<NoteList> {
  const rows = await db
    .selectFrom('notes')
    .select([
      'id',
      'title',
      sql<string>`substr(body, 1, ${EXCERPT_SOURCE_LENGTH})`.as('excerpt'),
      'updated_at as updatedAt',
    ])
    .where('removed_at', 'is', null)
    .orderBy('updated_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  const notes = rows.map((row) =>
    summaryOf({ ...row, excerpt: (plainText(row.excerpt) || row.excerpt).slice(0, EXCERPT_LENGTH) }),
  )
  return { notes, total: await countNotes(db) }
}

async function matchingNotes(db: NotesDb, query: string, limit: number): Promise<NoteList> {
  const expression = matchExpression(query)
  if (expression === undefined) return { notes: [], total: 0 }

  const matches = db
    .selectFrom('notes_fts')
    .innerJoin('notes', 'notes.id', 'notes_fts.rowid')
    .where(sql<SqlBool>`notes_fts match ${expression}`)
    .where('notes.removed_at', 'is', null)
  const rows = await matches
    .select([
      'notes.id',
      'notes.updated_at as updatedAt',
      sql<string>`highlight(notes_fts, 0, ${MATCH_START}, ${MATCH_END})`.as('title'),
      sql<string>`snippet(notes_fts, 1, ${MATCH_START}, ${MATCH_END}, '…', ${SNIPPET_WORDS})`.as('excerpt'),
    ])
    // A match in the title counts more than a match in the body.
    .orderBy(sql`bm25(notes_fts, 6.0, 1.0)`)
    .orderBy('notes.updated_at', 'desc')
    .limit(limit)
    .execute()
  const { total } = await matches.select(sql<number>`count(*)`.as('total')).executeTakeFirstOrThrow()
  return { notes: rows.map(summaryOf), total }
}

function summaryOf<Row extends { title: string; excerpt: string }>(row: Row) {
  return { ...row, title: piecesOf(row.title), excerpt: piecesOf(row.excerpt) }
}

/** Returns the number of notes, without removed ones. */
export async function countNotes(db: NotesDb): Promise<number> {
  const { total } = await db
    .selectFrom('notes')
    .select(sql<number>`count(*)`.as('total'))
    .where('removed_at', 'is', null)
    .executeTakeFirstOrThrow()
  return total
}

/** Throws `not-found` if there is no such note. */
export async function readNote(db: NotesDb, id: number): Promise<Note> {
  const row = await db
    .selectFrom('notes')
    .select(['id', 'title', 'body', 'updated_at as updatedAt', 'source_path as sourcePath'])
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (!row) throw notFound(id)
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
  await updateOne(db, id, { title, body, updated_at: Date.now() })
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
  if (numUpdatedRows === 0n) throw notFound(id)
}

function notFound(id: number): NotesError {
  return new NotesError('not-found', `There is no note ${id}.`)
}
