import { type Kysely, type SqlBool, sql } from 'kysely'
import type { NoteText } from '../../../shared/notes/notes.ts'
import { hasCjk, withGaps } from './cjk.ts'
import type { NotesSchema } from './schema.ts'

interface StoredText extends NoteText {
  readonly id: number
}

// Contains all characters of `hasCjk`, and few others.
const MAYBE_CJK = '*[\u1100-\u11ff\u2e80-\ud7ff\uf900-\ufaff\uff66-\uffdc\u{16fe0}-\u{3ffff}]*'
const NOTES_AT_ONCE = 20

/** Adds those of the notes that have Chinese, Japanese or Korean text. They must not be in the index yet. */
export async function indexCjk(db: Kysely<NotesSchema>, notes: readonly StoredText[]): Promise<void> {
  const rows = notes
    .filter(({ title, body }) => hasCjk(title) || hasCjk(body))
    .map(({ id, title, body }) => ({ rowid: id, title: withGaps(title), body: withGaps(body) }))
  if (rows.length > 0) await db.insertInto('notes_cjk').values(rows).execute()
}

/** Fills the empty index. */
export async function indexAllCjk(db: Kysely<NotesSchema>): Promise<void> {
  let last: number | undefined = 0
  while (last !== undefined) {
    const notes: StoredText[] = await db
      .selectFrom('notes')
      .select(['id', 'title', 'body'])
      .where('id', '>', last)
      .where(sql<SqlBool>`(title glob ${MAYBE_CJK} or body glob ${MAYBE_CJK})`)
      .orderBy('id')
      .limit(NOTES_AT_ONCE)
      .execute()
    await indexCjk(db, notes)
    last = notes.at(-1)?.id
  }
}
