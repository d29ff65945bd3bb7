import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import { type NoteSummary, PAGE_LENGTH, type PageStart } from '../../../shared/notes/notes.ts'
import { plainText } from './plain-text.ts'
import type { NotesSchema } from './schema.ts'
import { MATCH_END, MATCH_START, piecesOf, type Search, searchOf } from './search-query.ts'

type NotesDb = Kysely<NotesSchema>

const EXCERPT_LENGTH = 160
// An excerpt shows no Markdown marks and link targets, so it needs more of the body than its own length.
const EXCERPT_SOURCE_LENGTH = 1_000
const SNIPPET_WORDS = 16
// The rank of one match takes time for all of them. The user adds a word to so many matches anyway.
const MAX_RANKED = 1_000

/**
 * Returns one page of the notes, the latest first, or of the matches if `query` is not blank. Up to 1,000 matches are sorted
 * by their rank. Of more matches, the newest note is first.
 */
export async function listNotes(db: NotesDb, query: string, start: PageStart): Promise<NoteSummary[]> {
  if (query.trim() === '') return await latestNotes(db, start)
  const search = searchOf(query)
  if (!search) return []
  // The newest matches do not wait for the number of matches, because both may take long for a frequent word.
  const [newest, hasFew] = await Promise.all([newestMatches(db, search, start), hasFewMatches(db, search)])
  return hasFew ? await bestMatches(db, search, start) : newest
}

/** Returns the number of notes, or of matches, without removed ones. */
export async function countNotes(db: NotesDb, query = ''): Promise<number> {
  const search = searchOf(query)
  if (search) {
    const { index, expression } = search
    const isListed = sql`rowid not in (select id from notes where removed_at is not null)`
    return await countOf(
      db,
      sql`${sql.table(index)} where ${sql.table(index)} match ${expression} and ${isListed}`,
    )
  }
  return query.trim() === '' ? await countOf(db, sql`notes where removed_at is null`) : 0
}

/** Returns how many of the latest notes are before this one. Zero if there is no such note. */
export async function positionOf(db: NotesDb, id: number): Promise<number> {
  const note = sql`select updated_at, id from notes where id = ${id}`
  return await countOf(db, sql`notes where removed_at is null and (updated_at, id) > (${note})`)
}

async function countOf(db: NotesDb, from: RawBuilder<unknown>): Promise<number> {
  const { rows } = await sql<{ total: number }>`select count(*) as total from ${from}`.execute(db)
  return rows[0]?.total ?? 0
}

async function latestNotes(db: NotesDb, { offset, after }: PageStart): Promise<NoteSummary[]> {
  const rows = await db
    .selectFrom('notes')
    .select([
      'id',
      'title',
      sql<string>`substr(body, 1, ${EXCERPT_SOURCE_LENGTH})`.as('excerpt'),
      'updated_at as updatedAt',
    ])
    .where('removed_at', 'is', null)
    .$if(after !== undefined, (notes) =>
      notes.where(sql<SqlBool>`(updated_at, id) < (${after?.updatedAt}, ${after?.id})`),
    )
    .orderBy('updated_at', 'desc')
    .orderBy('id', 'desc')
    .limit(PAGE_LENGTH)
    .offset(after ? 0 : offset)
    .execute()
  return rows.map((row) =>
    summaryOf({ ...row, excerpt: (plainText(row.excerpt) || row.excerpt).slice(0, EXCERPT_LENGTH) }),
  )
}

async function newestMatches(
  db: NotesDb,
  search: Search,
  { offset, after }: PageStart,
): Promise<NoteSummary[]> {
  const rowid = sql.ref(`${search.index}.rowid`)
  return after
    ? await matches(db, search, sql`and ${rowid} < ${after.id} order by ${rowid} desc`, 0)
    : await matches(db, search, sql`order by ${rowid} desc`, offset)
}

async function bestMatches(db: NotesDb, search: Search, { offset }: PageStart): Promise<NoteSummary[]> {
  // A match in the title counts more than a match in the body.
  return await matches(db, search, sql`and rank match 'bm25(6.0, 1.0)' order by rank`, offset)
}

async function matches(
  db: NotesDb,
  { index, expression }: Search,
  conditionAndOrder: RawBuilder<unknown>,
  offset: number,
): Promise<NoteSummary[]> {
  const table = sql.table(index)
  const { rows } = await sql<{ id: number; updatedAt: number; title: string; excerpt: string }>`
    select notes.id, notes.updated_at as "updatedAt",
      highlight(${table}, 0, ${MATCH_START}, ${MATCH_END}) as title,
      snippet(${table}, 1, ${MATCH_START}, ${MATCH_END}, '…', ${SNIPPET_WORDS}) as excerpt
    from ${table} join notes on notes.id = ${table}.rowid
    where ${table} match ${expression} and removed_at is null ${conditionAndOrder}
    limit ${PAGE_LENGTH} offset ${offset}`.execute(db)
  return rows.map(summaryOf)
}

async function hasFewMatches(db: NotesDb, { index, expression }: Search): Promise<boolean> {
  const table = sql.table(index)
  const some = sql`(select 1 from ${table} where ${table} match ${expression} limit ${MAX_RANKED + 1})`
  return (await countOf(db, some)) <= MAX_RANKED
}

function summaryOf<Row extends { title: string; excerpt: string }>(row: Row) {
  return { ...row, title: piecesOf(row.title), excerpt: piecesOf(row.excerpt) }
}
