import { type DeleteResult, type InsertResult, type Kysely, sql } from 'kysely'
import { expect, expectTypeOf, test } from 'vitest'
import type { DataDirClaim } from '../../../src/main/electron/data-dir-claim.ts'
import type { Pool } from '../../../src/main/sqlite/pool.ts'
import { type NotesSchema, openNotes } from '../notes-pool.ts'

// The expectations on types are the compiler's to check: `npm test -- types`.
test('the schema is known from connect to the last row', async () => {
  const pool = await openNotes({ mode: 'inline' })
  expectTypeOf(pool).toEqualTypeOf<Pool<NotesSchema>>()
  expectTypeOf(pool.db).toEqualTypeOf<Kysely<NotesSchema>>()
  expectTypeOf(pool.within({ timeout: 1 })).toEqualTypeOf<Kysely<NotesSchema>>()
  expectTypeOf<DataDirClaim<NotesSchema>['pool']>().toEqualTypeOf<Pool<NotesSchema>>()

  const rows = await pool.query(pool.db.selectFrom('note').select('id'))
  expectTypeOf(rows).toEqualTypeOf<{ id: number }[]>()
  const results = await pool.batch([
    pool.db.insertInto('note').values({ text: 'a' }),
    pool.db.selectFrom('note').selectAll(),
    pool.db.deleteFrom('note'),
    sql<{ one: 1 }>`select 1 as one`.compile(pool.db),
  ])
  expectTypeOf(results).toEqualTypeOf<
    [InsertResult[], { id: number; text: string | null }[], DeleteResult[], { one: 1 }[]]
  >()
  expect(results[3]).toEqual([{ one: 1 }])

  // @ts-expect-error there is no such table
  const wrong = () => pool.db.selectFrom('notes').selectAll().compile()
  expect(wrong).toBeTypeOf('function')
})
