import { existsSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ConnectionSetupError } from '../../../src/main/sqlite/errors/setup-errors.ts'
import { type ConnectOptions, connect } from '../../../src/main/sqlite/pool.ts'
import { InvalidOptionError } from '../../../src/shared/data-dir-error.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { overwritePages } from '../damaged-pages.ts'

async function openIn(dir: string, options: Partial<ConnectOptions>) {
  const pool = await connect({ dir, readers: 1, ...options })
  onTestFinished(() => pool.close())
  return pool
}

/** A database that another program has made. */
function otherDatabase(): string {
  const path = join(temporaryDirectory(), 'other.db')
  const connection = new SqliteDatabase(path)
  connection.exec(
    'create table item (id integer primary key, text text); create index by_text on item (text)',
  )
  connection.exec(`with recursive n (i) as (select 1 union all select i + 1 from n where i < 500)
    insert into item select i, 'item ' || i || hex(zeroblob(40)) from n`)
  connection.close()
  return path
}

describe.each(['threads', 'inline'] as const)('with mode %s', (mode) => {
  test('the writer writes to an attached database, and the readers only read it', async () => {
    const path = otherDatabase()
    const pool = await openIn(temporaryDirectory(), { mode, attach: { other: path } })
    await sql`insert into other.item (text) values ('new')`.execute(pool.db)
    const { rows } = await sql`select count(*) as n from other.item`.execute(pool.db)
    expect(rows).toEqual([{ n: 501 }])
    const read = pool.db.transaction().setAccessMode('read only')
    await expect(
      read.execute((transaction) => sql`insert into other.item (text) values ('no')`.execute(transaction)),
    ).rejects.toMatchObject({ code: 'SQLITE_READONLY' })
    await pool.backup(join(temporaryDirectory(), 'copy.db'))
  })

  test('a relative path is in the data directory, and a missing database is created in WAL mode', async () => {
    const dir = temporaryDirectory()
    const pool = await openIn(dir, { mode, attach: { archive: 'archive.db' } })
    await sql`create table archive.old (text text)`.execute(pool.db)
    await sql`insert into archive.old values ('kept')`.execute(pool.db)
    const { rows } = await sql`pragma archive.journal_mode`.execute(pool.db)
    expect(rows).toEqual([{ journal_mode: 'wal' }])
    // No commit does a checkpoint by itself.
    await expect.poll(() => statSync(join(dir, 'archive.db-wal')).size).toBe(0)
    await pool.close()
    const again = new SqliteDatabase(join(dir, 'archive.db'), { readonly: true })
    onTestFinished(() => void again.close())
    expect(again.prepare('select text from old').pluck().all()).toEqual(['kept'])
  })

  test('damage in an attached database is not reported as damage of the own database', async () => {
    const path = otherDatabase()
    overwritePages(path, 'by_text', 'leaf')
    const dir = temporaryDirectory()
    const asked = () => {
      throw new Error('it was taken for damage')
    }
    await openIn(dir, { mode, attach: { other: path }, checkOnOpen: true, onDamaged: asked })
    expect(existsSync(join(dir, 'app.db-check'))).toBe(false)
  })

  test('the error names an attached file that is not a database, and the own database is not reported as damaged', async () => {
    const path = join(temporaryDirectory(), 'other.db')
    writeFileSync(path, 'this is text, and longer than the first line of a database')
    const open = () => connect({ dir: temporaryDirectory(), mode, attach: { other: path } })
    const error = await thrownBy(ConnectionSetupError, open)
    expect(error).toMatchObject({ part: 'attach', path })
  })

  test('neither the own database nor one file twice can be attached, by no path', async () => {
    const dir = temporaryDirectory()
    await (await openIn(dir, { mode })).close()
    const link = join(temporaryDirectory(), 'link')
    symlinkSync(dir, link, 'junction')
    const wrong = [{ other: 'app.db' }, { other: join(link, 'app.db') }, { a: 'other.db', b: './other.db' }]
    for (const attach of wrong) {
      const error = await thrownBy(InvalidOptionError, () => connect({ dir, mode, attach }))
      expect(error.option).toBe('attach')
    }
  })
})
