import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { getLoadablePath } from 'sqlite-vec'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Migrations } from '../../../src/main/sqlite/migrations/migrations.ts'
import { type ConnectOptions, connect } from '../../../src/main/sqlite/pool.ts'
import { restoreNewestBackup } from '../../../src/main/sqlite/restore-newest-backup.ts'
import type { DataDirWarning } from '../../../src/shared/data-dir-warning.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { overwritePages } from '../damaged-pages.ts'

const first: Migrations = {
  '001-vector': {
    async up(db) {
      await sql`create virtual table "my vectors" using vec0(place float[2])`.execute(db)
      await sql`create virtual table words using fts5(text)`.execute(db)
      await sql`create table note (id integer primary key, text text)`.execute(db)
      await sql`create table child (note integer references note)`.execute(db)
      await sql`create index by_text on note (text)`.execute(db)
      await sql`with recursive n (i) as (select 1 union all select i + 1 from n where i < 500)
        insert into note select i, 'note ' || i || hex(zeroblob(40)) from n`.execute(db)
    },
  },
}

const second: Migrations = {
  ...first,
  '002-more': {
    async up(db) {
      await sql`alter table note add column more text`.execute(db)
      await sql`delete from note where id = 500`.execute(db)
    },
  },
}

describe.each(['threads', 'inline'] as const)('with mode %s', (mode) => {
  /** A directory with a database whose extension is not loaded from now on. */
  async function withoutExtension(): Promise<string> {
    const dir = temporaryDirectory()
    const pool = await connect({ dir, mode, extensions: [getLoadablePath()], migrations: first })
    await pool.close()
    return dir
  }

  async function openIn(dir: string, options: Partial<ConnectOptions> = {}) {
    const warnings: DataDirWarning[] = []
    const onWarning = (warning: DataDirWarning) => void warnings.push(warning)
    const pool = await connect({ dir, mode, migrations: first, onWarning, ...options })
    onTestFinished(() => pool.close())
    return { pool, warnings }
  }

  test('the database opens and works, and a warning names the tables that cannot be used', async () => {
    const dir = await withoutExtension()
    const { pool, warnings } = await openIn(dir)
    expect(warnings.filter(({ code }) => code === 'DATADIR_UNUSABLE_TABLES')).toMatchObject([
      { path: join(dir, 'app.db'), message: expect.stringContaining('not loaded: my vectors (vec0).') },
    ])
    const { rows } = await sql`select count(*) as n from note`.execute(pool.db)
    expect(rows).toEqual([{ n: 500 }])
    await expect(sql`select * from "my vectors"`.execute(pool.db)).rejects.toThrow('no such module: vec0')
    await pool.db.connection().execute((connection) => sql`pragma foreign_keys = off`.execute(connection))
    await pool.backup(join(temporaryDirectory(), 'copy.db'))
  })

  test('with the extension there is no warning', async () => {
    const dir = await withoutExtension()
    const { warnings } = await openIn(dir, { extensions: [getLoadablePath()] })
    expect(warnings.filter(({ code }) => code === 'DATADIR_UNUSABLE_TABLES')).toEqual([])
  })

  test('migrations, their backup, the check of the whole database and a restore work', async () => {
    const dir = await withoutExtension()
    const { pool } = await openIn(dir, { migrations: second, checkOnOpen: true })
    expect(readdirSync(join(dir, 'app.backups'))).toHaveLength(1)
    await pool.close()
    await restoreNewestBackup(dir, 'app')
    await openIn(dir, { migrations: second })
  })

  test('a damaged index is rebuilt', async () => {
    const dir = await withoutExtension()
    overwritePages(join(dir, 'app.db'), 'by_text', 'leaf')
    const { pool } = await openIn(dir, { checkOnOpen: true, onDamaged: 'restore' })
    const { rows } = await sql`pragma integrity_check`.execute(pool.db)
    expect(rows).toEqual([{ integrity_check: 'ok' }])
  })
})
