import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterEach, describe, expect, test } from 'vitest'
import { listBackups } from '../../../src/main/sqlite/backup/backup-folder.ts'
import { newestGoodBackup } from '../../../src/main/sqlite/backup/check-backup.ts'
import type { Damage } from '../../../src/main/sqlite/damaged.ts'
import { MigrationFailedError, NotADatabaseError } from '../../../src/main/sqlite/errors/open-errors.ts'
import type { Migrations } from '../../../src/main/sqlite/migrations/migrations.ts'
import { type ConnectOptions, connect, type Pool, resetPools } from '../../../src/main/sqlite/pool.ts'
import { rebuildIndexes } from '../../../src/main/sqlite/repair/rebuild-indexes.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { overwritePages, withPlainConnection } from '../damaged-pages.ts'

afterEach(resetPools)

const notes = 301
const migrations: Migrations = {
  '001-note': {
    async up(db) {
      await sql`create table note (id integer primary key, text text, tag text)`.execute(db)
      await sql`create index note_tag on note (tag)`.execute(db)
      await sql`create virtual table note_fts using fts5 (text, content = 'note', content_rowid = 'id')`.execute(
        db,
      )
      await sql`
        with recursive n (i) as (select 1 union all select i + 1 from n where i < ${sql.lit(notes)})
        insert into note select i, 'note ' || i || hex(randomblob(100)), 'tag ' || i || hex(randomblob(30)) from n`.execute(
        db,
      )
      await sql`insert into note_fts (note_fts) values ('rebuild')`.execute(db)
    },
  },
}
const update: Migrations = {
  ...migrations,
  '002-tag': { up: async (db) => void (await sql`update note set tag = tag || '!'`.execute(db)) },
}

const search = sql<{ n: number }>`select count(*) as n from note_fts where note_fts match 'note*'`
const byId = sql<{ n: number }>`select count(*) as n, sum(length(text)) as l from note not indexed`

async function countIn(query: typeof search, { db }: Pool<unknown>): Promise<number | undefined> {
  return (await query.execute(db)).rows[0]?.n
}

/** A directory with a database that was closed, and one object of it overwritten. */
async function damagedDirectory(object: string, mode: 'threads' | 'inline'): Promise<string> {
  const dir = temporaryDirectory()
  const pool = await connect({ dir, migrations, mode })
  await pool.close()
  overwritePages(join(dir, 'app.db'), object, 'all')
  return dir
}

const markIn = (dir: string) => join(dir, 'app.db-check')
const failure = { code: expect.stringMatching(/^SQLITE_CORRUPT/) }

describe.each(['threads', 'inline'] as const)('%s', (mode) => {
  const open = (dir: string, options: Partial<ConnectOptions> = {}) =>
    connect({ dir, migrations, mode, ...options })

  test('a query that finds damage fails with SQLite’s error, the next open asks, and rebuilding loses nothing', async () => {
    const dir = await damagedDirectory('note_fts_data', mode)
    const pool = await open(dir)
    expect(existsSync(markIn(dir))).toBe(false)
    await expect(search.execute(pool.db)).rejects.toMatchObject(failure)
    // The process may be killed as soon as the query has failed.
    expect(readFileSync(markIn(dir), 'utf8')).toMatch(/^\d{4}-.*Z SQLITE_CORRUPT.*: .+\n$/)
    expect(await countIn(byId, pool)).toBe(notes)
    await pool.close()

    const error = await thrownBy(NotADatabaseError, () => open(dir))
    expect(error).toMatchObject({ isIndexOnly: true, cause: expect.anything() })
    expect(existsSync(markIn(dir))).toBe(true)
    const asked: Damage[] = []
    const onDamaged = (damage: Damage) => {
      asked.push(damage)
      return 'rebuild' as const
    }
    const repaired = await open(dir, { onDamaged })
    expect(asked).toMatchObject([{ kind: 'index', choices: ['keep', 'rebuild'] }])
    expect(await countIn(search, repaired)).toBe(notes)
    expect(await countIn(byId, repaired)).toBe(notes)
    expect(existsSync(markIn(dir))).toBe(false)
  })

  test('damaged rows are found at the next open, also if there is no backup', async () => {
    const dir = await damagedDirectory('note', mode)
    const pool = await open(dir)
    await expect(byId.execute(pool.db)).rejects.toMatchObject(failure)
    await pool.close()
    const asked: Damage[] = []
    const onDamaged = (damage: Damage) => {
      asked.push(damage)
      return 'start-empty' as const
    }
    const empty = await open(dir, { onDamaged })
    expect(asked).toMatchObject([{ kind: 'damaged', choices: ['keep', 'start-empty'] }])
    expect(await countIn(byId, empty)).toBe(notes)
    expect(existsSync(markIn(dir))).toBe(false)
    expect(readdirSync(dir).filter((name) => /^app\.db\.set-aside-.*Z-check$/.test(name))).toHaveLength(1)
  })

  test('a write that finds damage marks the database too', async () => {
    const dir = await damagedDirectory('note_tag', mode)
    const pool = await open(dir)
    await expect(sql`update note set tag = 'x'`.execute(pool.db)).rejects.toMatchObject(failure)
    expect(existsSync(markIn(dir))).toBe(true)
  })

  test('an update rebuilds a damaged index first', async () => {
    const dir = await damagedDirectory('note_tag', mode)
    const error = await thrownBy(NotADatabaseError, () => open(dir, { migrations: update }))
    expect(error.isIndexOnly).toBe(true)
    const [marked, ...others] = listBackups(join(dir, 'app.db'))
    expect(others).toEqual([])
    expect(marked).toMatchObject({ before: '002-tag', isIndexDamaged: true })

    const pool = await open(dir, { migrations: update, onDamaged: 'restore' })
    expect(await countIn(byId, pool)).toBe(notes)
    const { rows } = await sql`select * from note indexed by note_tag where tag like '%!'`.execute(pool.db)
    expect(rows).toHaveLength(notes)
    expect(listBackups(join(dir, 'app.db')).map(({ isIndexDamaged }) => isIndexDamaged)).toEqual([
      false,
      true,
    ])
  })

  test('a backup of a database with a damaged index is made, and reports it', async () => {
    const dir = await damagedDirectory('note_fts_idx', mode)
    const pool = await open(dir)
    const to = join(dir, 'copy.db')
    expect(await pool.backup(to)).toEqual({ damage: 'index' })
    expect(withPlainConnection(to, (copy) => copy.prepare('select count(*) from note').pluck().get())).toBe(
      notes,
    )
    expect(existsSync(markIn(dir))).toBe(true)
    await pool.close()
    const repaired = await open(dir, { onDamaged: 'restore' })
    expect(await repaired.backup(to)).toEqual({ damage: undefined })
  })

  test('a mark on a sound database is removed', async () => {
    const dir = await damagedDirectory('note_tag', mode)
    await (await open(dir, { checkOnOpen: true, onDamaged: 'restore' })).close()
    writeFileSync(markIn(dir), 'a bad cable')
    await open(dir)
    expect(existsSync(markIn(dir))).toBe(false)
  })

  test('if the mark cannot be written, the query fails with its own error', async () => {
    const dir = await damagedDirectory('note_fts_data', mode)
    const pool = await open(dir)
    mkdirSync(markIn(dir))
    await expect(search.execute(pool.db)).rejects.toMatchObject(failure)
    expect(await countIn(byId, pool)).toBe(notes)
  })
})

test('a migration that contradicts a full-text index is no damage: nothing is restored', async () => {
  const dir = temporaryDirectory()
  await (await connect({ dir, migrations, mode: 'inline' })).close()
  const contradicting: Migrations = {
    ...migrations,
    '002-search': {
      async up(db) {
        await sql`delete from note where id = 7`.execute(db)
        await sql`select text from note_fts where note_fts match 'note*'`.execute(db)
      },
    },
  }
  const asked: Damage[] = []
  const onDamaged = (damage: Damage) => {
    asked.push(damage)
    return 'restore' as const
  }
  const error = await thrownBy(MigrationFailedError, () =>
    connect({ dir, migrations: contradicting, mode: 'inline', onDamaged }),
  )
  expect(error.cause).toMatchObject({ code: 'SQLITE_CORRUPT_VTAB' })
  expect(asked).toEqual([])
  expect(await countIn(byId, await connect({ dir, migrations, mode: 'inline' }))).toBe(notes)
})

test('the mark is there even if the process is killed right after its query has failed', async () => {
  const dir = await damagedDirectory('note_fts_data', 'threads')
  const script = resolve(import.meta.dirname, 'finding-damage.mjs')
  const text = "select count(*) from note_fts where note_fts match 'note*'"
  const child = spawn(process.execPath, [script, dir, text], { stdio: 'inherit' })
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
  const error = await thrownBy(NotADatabaseError, () => connect({ dir, migrations }))
  expect(error.isIndexOnly).toBe(true)
})

test('if a rebuild is killed at any time, the database has every row and can be rebuilt', async () => {
  const dir = await damagedDirectory('note_fts_data', 'inline')
  const path = join(dir, 'app.db')
  const damaged = readFileSync(path)
  const script = resolve(import.meta.dirname, 'rebuilding.mjs')
  for (const after of [0, 2, 5, 10, 15, 25, 40]) {
    writeFileSync(path, damaged)
    const child = spawn(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    await once(child.stdout, 'data')
    await sleep(after)
    child.kill('SIGKILL')
    await ended
    rebuildIndexes(path)
    withPlainConnection(path, (connection) => {
      expect(connection.pragma('integrity_check', { simple: true })).toBe('ok')
      expect(connection.prepare('select count(*) from note not indexed').pluck().get()).toBe(notes)
    })
  }
})

test('if the rebuild fails, the app is asked again, about a damaged database', async () => {
  const dir = await damagedDirectory('note_tag', 'inline')
  const path = join(dir, 'app.db')
  const asked: Damage[] = []
  const onDamaged = (damage: Damage) => {
    asked.push(damage)
    // Between the question and the answer, the disk fails further.
    if (damage.kind === 'index') overwritePages(path, 'note', 'leaf')
    return damage.kind === 'index' ? 'rebuild' : 'keep'
  }
  await thrownBy(NotADatabaseError, () =>
    connect({ dir, migrations, mode: 'inline', checkOnOpen: true, onDamaged }),
  )
  expect(asked.map(({ kind }) => kind)).toEqual(['index', 'damaged'])
})

test('a backup with a damaged index is restored only if there is no better one, and its index is rebuilt', async () => {
  const dir = await damagedDirectory('note_tag', 'inline')
  const path = join(dir, 'app.db')
  await thrownBy(NotADatabaseError, () => connect({ dir, migrations: update, mode: 'inline' }))
  const [marked] = listBackups(path)
  expect(newestGoodBackup(path)?.path).toBe(marked?.path)
  writeFileSync(path, 'no database any more')
  const kinds: string[] = []
  const onDamaged = ({ kind }: Damage) => {
    kinds.push(kind)
    return kind === 'index' ? 'rebuild' : 'restore'
  }
  const pool = await connect({ dir, migrations: update, mode: 'inline', onDamaged })
  expect(kinds).toEqual(['damaged', 'index'])
  expect(await countIn(byId, pool)).toBe(notes)
  expect(newestGoodBackup(path)?.isIndexDamaged).toBe(false)
})
