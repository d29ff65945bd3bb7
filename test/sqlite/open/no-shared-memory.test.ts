import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest'
import type { Migrations } from '../../../src/main/sqlite/migrations/migrations.ts'
import { type ConnectOptions, connect, type Pool } from '../../../src/main/sqlite/pool.ts'
import type { DataDirWarning } from '../../../src/shared/data-dir-warning.ts'
import { runDatabaseScript } from '../../support/database-script.ts'
import { mountFuse } from '../../support/fuse-mount.ts'
import { skip } from '../../support/skip.ts'
import type { NotesSchema } from '../notes-pool.ts'
import { all } from '../settled.ts'

const migrations: Migrations = {
  '001-note': {
    up: (db) => sql`create table note (id integer primary key, text text)`.execute(db).then(() => undefined),
  },
}

/** A folder on a filesystem whose files no two processes can map, and the folder behind it. */
function folder(ctx: TestContext): { dir: string; behind: string } {
  const mount = mountFuse(['direct_io'])
  if ('missing' in mount) return skip(ctx, mount.missing)
  const [dir, behind] = [join(mount.mounted, 'data'), join(mount.behind, 'data')]
  mkdirSync(dir)
  return { dir, behind }
}

async function open(dir: string, options: Partial<ConnectOptions> = {}): Promise<Pool<NotesSchema>> {
  const pool = await connect<NotesSchema>({
    dir,
    migrations,
    filesystem: 'allow',
    onWarning: () => undefined,
    ...options,
  })
  onTestFinished(() => pool.close())
  return pool
}

const texts = async ({ db }: Pool<NotesSchema>) =>
  (await db.selectFrom('note').select('text').orderBy(sql`rowid`).execute()).map(({ text }) => text)

describe.each(['threads', 'inline'] as const)('%s: without shared memory', (mode) => {
  test('one connection does everything', async (ctx) => {
    const { dir } = folder(ctx)
    const warnings: DataDirWarning[] = []
    const pool = await open(dir, { mode, onWarning: (warning) => warnings.push(warning) })
    const { db, batch, query } = pool
    expect(warnings).toMatchObject([{ code: 'DATADIR_NO_SHARED_MEMORY', path: join(dir, 'app.db') }])
    expect((await sql`pragma journal_mode`.execute(db)).rows).toEqual([{ journal_mode: 'delete' }])
    expect((await sql`pragma synchronous`.execute(db)).rows).toEqual([{ synchronous: 2 }])
    expect((await pool.stats()).readers).toEqual([])

    const insert = (text: string) => db.insertInto('note').values({ text })
    await Promise.all([insert('one').execute(), batch([insert('two').compile(), insert('three').compile()])])
    await db.transaction().execute(async (trx) => {
      await trx.insertInto('note').values({ text: 'four' }).execute()
      expect(await trx.selectFrom('note').selectAll().execute()).toHaveLength(4)
    })
    const undone = db.transaction().execute(async (trx) => {
      await trx.deleteFrom('note').execute()
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    expect(
      await query(db.selectFrom('note').select('text').where('id', '=', 4), { timeout: 20_000 }),
    ).toEqual([{ text: 'four' }])
  })

  test('a loop over a stream can read and write', async (ctx) => {
    const { dir } = folder(ctx)
    const pool = await open(dir, { mode })
    const { db } = pool
    await db
      .insertInto('note')
      .values([{ text: 'a' }, { text: 'b' }, { text: 'c' }])
      .execute()
    for await (const { text } of db.selectFrom('note').selectAll().stream(1)) {
      await db
        .insertInto('note')
        .values({ text: `${text}${text}` })
        .execute()
      expect(await texts(pool)).toContain(`${text}${text}`)
    }
    expect(await all(db.selectFrom('note').selectAll().stream())).toHaveLength(6)
  })

  test('a read-only transaction reads one state and cannot write', async (ctx) => {
    const { dir } = folder(ctx)
    const { db } = await open(dir, { mode })
    const readOnly = db.transaction().setAccessMode('read only')
    await readOnly.execute(async (trx) => {
      expect(await trx.selectFrom('note').selectAll().execute()).toEqual([])
    })
    const writing = readOnly.execute((trx) => trx.insertInto('note').values({ text: 'refused' }).execute())
    await expect(writing).rejects.toMatchObject({ code: 'SQLITE_READONLY' })
    await db.insertInto('note').values({ text: 'after' }).execute()
    expect(await db.selectFrom('note').select('text').execute()).toEqual([{ text: 'after' }])
  })

  test('backups, migrations and opening again work', async (ctx) => {
    const { dir } = folder(ctx)
    const first = await open(dir, { mode })
    await first.db.insertInto('note').values({ text: 'kept' }).execute()
    await first.backup(join(dir, 'copy.db'))
    await first.close()
    const more: Migrations = {
      ...migrations,
      '002-more': {
        up: (db) => sql`alter table note add column more text`.execute(db).then(() => undefined),
      },
    }
    const second = await open(dir, { mode, migrations: more, checkOnOpen: true })
    expect(await texts(second)).toEqual(['kept'])
    await second.close()
    const [made = ''] = readdirSync(join(dir, 'app.backups'))
    for (const path of [join(dir, 'copy.db'), join(dir, 'app.backups', made)]) {
      const copy = new SqliteDatabase(path, { readonly: true })
      expect(copy.prepare('select text from note').pluck().all()).toEqual(['kept'])
      copy.close()
    }
  })

  test('a log that a killed process has left is moved into the database', async (ctx) => {
    const { dir, behind } = folder(ctx)
    const script = `
      const db = new (require('better-sqlite3'))(process.argv[1])
      db.exec("pragma journal_mode = wal; create table note (id integer primary key, text text)")
      db.exec("pragma wal_checkpoint(truncate); insert into note (text) values ('only in the log')")
      process.kill(process.pid, 'SIGKILL')`
    spawnSync(process.execPath, ['-e', script, join(behind, 'app.db')])
    expect(existsSync(join(dir, 'app.db-wal'))).toBe(true)
    const pool = await open(dir, { mode, migrations: {} })
    expect(await texts(pool)).toEqual(['only in the log'])
    expect(existsSync(join(dir, 'app.db-wal'))).toBe(false)
    await pool.db.insertInto('note').values({ text: 'new' }).execute()
    await pool.close()
    expect(await texts(await open(dir, { mode, migrations: {} }))).toEqual(['only in the log', 'new'])
  })
})

test('rows that were committed before a kill are there', async (ctx) => {
  const { dir } = folder(ctx)
  const script = await runDatabaseScript(
    dir,
    `
    const pool = await connect({ dir, migrations, filesystem: 'allow', onWarning: () => undefined })
    await pool.db.insertInto('note').values({ text: 'acknowledged' }).execute()
    say({})
    for (let i = 0; ; i++) await pool.db.insertInto('note').values({ text: 'more' }).execute()`,
  )
  await script.kill()
  const pool = await open(dir, { checkOnOpen: true })
  expect((await texts(pool))[0]).toBe('acknowledged')
})

test('if shared memory is available again, the database has a log again', async (ctx) => {
  const { dir, behind } = folder(ctx)
  const pool = await open(dir)
  await pool.db.insertInto('note').values({ text: 'moved' }).execute()
  await pool.close()
  const local = await open(behind)
  expect((await sql`pragma journal_mode`.execute(local.db)).rows).toEqual([{ journal_mode: 'wal' }])
  expect(await texts(local)).toEqual(['moved'])
})
