import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Generated, sql } from 'kysely'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import type { Migrations } from '../../src/main/sqlite/migrations/migrations.ts'
import { type ConnectOptions, connect, type Pool, release } from '../../src/main/sqlite/pool.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

export interface NotesSchema {
  note: { id: Generated<number>; text: string | null }
}

const migrations: Migrations = {
  '001-note': {
    up: (db) =>
      db.schema
        .createTable('note')
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .addColumn('text', 'text')
        .execute(),
  },
}

/** A pool on a new directory, with one table and its readers up; released when the test ends. */
export async function openNotes(options: Partial<ConnectOptions> = {}): Promise<Pool<NotesSchema>> {
  const dir = temporaryDirectory()
  const pool = await connect<NotesSchema>({ dir, migrations, ...options })
  onTestFinished(() => release(dir))
  await readersUp(pool)
  return pool
}

/** One pool for all tests of a `describe`, which must leave it as it was: opening one takes longer than most tests. */
export function sharedNotes(options: Partial<ConnectOptions> = {}): () => Pool<NotesSchema> {
  let pool: Pool<NotesSchema> | undefined
  let dir = ''
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'datadir-test-'))
    pool = await connect<NotesSchema>({ dir, migrations, ...options })
    await readersUp(pool)
  })
  afterAll(async () => {
    await pool?.close()
    rmSync(dir, { recursive: true, force: true })
  })
  return () => {
    if (!pool) throw new Error('the pool is open in tests only')
    return pool
  }
}

/** Waits until no reader is starting. */
export async function readersUp(pool: Pool<NotesSchema>): Promise<void> {
  while (true) {
    const { readers } = await pool.stats()
    if (readers.length > 0 && readers.every(({ state }) => state !== 'starting')) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Adds so many notes: `note 1` and so on. */
export async function addNotes({ db }: Pool<NotesSchema>, count: number): Promise<void> {
  await sql`
    with recursive n (i) as (select 1 union all select i + 1 from n where i < ${count})
    insert into note (text) select 'note ' || i from n`.execute(db)
}

/** A query without a row until its end, some seconds away. */
export function endlessAggregate(pool: Pool<NotesSchema>) {
  return counting(pool, sql`count(*)`, 6_000_000)
}

/** A query that gives row after row, for a long time. */
export function endlessRows(pool: Pool<NotesSchema>) {
  return counting(pool, sql`i`, 40_000_000)
}

function counting({ db }: Pool<NotesSchema>, what: ReturnType<typeof sql>, rows: number) {
  return sql<{ i: number }>`
    with recursive n (i) as (select 1 union all select i + 1 from n where i < ${rows})
    select ${what} as i from n`.compile(db)
}
