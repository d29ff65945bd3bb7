// The time between the lock and the first window, in which the main thread answers short reads and the threads wait.
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { type Generated, sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { plainSetup } from '../../../src/main/runtime/connection-setup.ts'
import { listBackups } from '../../../src/main/sqlite/backup/backup-folder.ts'
import { DatabaseOpenError, NotADatabaseError } from '../../../src/main/sqlite/errors/open-errors.ts'
import { StatementRefusedError } from '../../../src/main/sqlite/errors/query-errors.ts'
import { openEarly } from '../../../src/main/sqlite/open/open-early.ts'
import type { InternalOpenOptions } from '../../../src/main/sqlite/open-options.ts'
import { lockToOpen } from '../../../src/main/sqlite/owned-directory.ts'
import {
  type ConnectOptions,
  connect,
  openOrShare,
  type Pool,
  resetPools,
} from '../../../src/main/sqlite/pool.ts'
import { ConnectionPool } from '../../../src/main/sqlite/scheduling/connection-pool.ts'
import { poolSettings } from '../../../src/main/sqlite/scheduling/pool-options.ts'
import { attempt } from '../../../src/shared/attempt.ts'
import { Deferred } from '../../../src/shared/deferred.ts'
import { isFree } from '../../support/processes.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { startedThreads } from '../worker-threads.ts'

interface LineSchema {
  line: { id: Generated<number>; text: string }
}

afterEach(resetPools)

const migrations = {
  '001-line': {
    up: (db: Pool<unknown>['db']) =>
      sql`create table line (id integer primary key, text text not null)`.execute(db) as never,
  },
}

let template = ''

beforeAll(async () => {
  template = mkdtempSync(join(tmpdir(), 'datadir-test-'))
  const pool = await connect<LineSchema>({ dir: template, migrations })
  for (const text of ['one', 'two', 'three']) await pool.db.insertInto('line').values({ text }).execute()
  await pool.close()
})

afterAll(() => rmSync(template, { recursive: true }))

/** A data directory whose database was used before, with three lines. */
function usedDirectory(): string {
  const dir = temporaryDirectory()
  copyFileSync(join(template, 'app.db'), join(dir, 'app.db'))
  return dir
}

/** Opens a directory as an app does whose window is not shown yet. */
function openQuietly(
  dir: string,
  options: Partial<ConnectOptions & InternalOpenOptions> = {},
): { readonly opening: Promise<Pool<LineSchema>>; readonly show: () => void } {
  const shown = new Deferred()
  const all = { dir, migrations, quiet: shown.promise, ...options }
  const opening = openOrShare<LineSchema>(lockToOpen(all), { givenDir: dir }, all)
  return { opening, show: shown.resolve }
}

const textsIn = async ({ db }: Pool<LineSchema>) =>
  (await db.selectFrom('line').select('text').orderBy('id').execute()).map(({ text }) => text)

const lines = ['one', 'two', 'three']

/** The files of a database that this process has open. None on a system that does not list them. */
function openFilesIn(dir: string): string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc/self/fd')
    .flatMap((fd) => attempt(() => readlinkSync(`/proc/self/fd/${fd}`)) ?? [])
    .filter((path) => path.startsWith(join(dir, 'app.db')))
}

async function untilThreads(pool: Pool<LineSchema>): Promise<void> {
  await vi.waitFor(async () => {
    const { writer, readers } = await pool.stats()
    expect(writer.state).toBe('idle')
    expect(readers.some(({ state }) => state === 'idle')).toBe(true)
  }, 15_000)
}

test('short reads are answered before any thread is started', async () => {
  const dir = usedDirectory()
  const threads = startedThreads()
  const pool = await openQuietly(dir).opening
  expect(await textsIn(pool)).toEqual(lines)
  expect(await pool.raw('select count(*) from line')).toMatchObject({ rows: [[3]] })
  expect(threads).toHaveLength(0)
})

test('when the window is shown, the threads take over', async () => {
  const dir = usedDirectory()
  const { opening, show } = openQuietly(dir)
  const pool = await opening
  expect(await textsIn(pool)).toEqual(lines)
  show()
  await untilThreads(pool)
  const { readers } = await pool.stats()
  const served = readers.reduce((sum, reader) => sum + reader.served, 0)
  expect(await textsIn(pool)).toEqual(lines)
  const after = (await pool.stats()).readers.reduce((sum, reader) => sum + reader.served, 0)
  expect(after).toBe(served + 1)
})

test('no read is lost or wrong while the threads take over', async () => {
  const dir = usedDirectory()
  const { opening, show } = openQuietly(dir)
  const pool = await opening
  const results: Promise<string[]>[] = []
  show()
  await vi.waitFor(async () => {
    for (let index = 0; index < 20; index++) results.push(textsIn(pool))
    await Promise.all(results)
    const { readers } = await pool.stats()
    expect(readers.some(({ served }) => served > 20)).toBe(true)
  }, 15_000)
  for (const result of await Promise.all(results)) expect(result).toEqual(lines)
})

test('a read sees the writes before it, also while the main thread answers', async () => {
  const dir = usedDirectory()
  const pool = await openQuietly(dir).opening
  expect(await textsIn(pool)).toEqual(lines)
  await pool.db.insertInto('line').values({ text: 'four' }).execute()
  expect(await textsIn(pool)).toEqual([...lines, 'four'])
  await pool.batch([pool.db.deleteFrom('line').where('text', '=', 'four')])
  expect(await textsIn(pool)).toEqual(lines)
})

test('transactions, streams, leases and backups work before the window is shown', async () => {
  const dir = usedDirectory()
  const pool = await openQuietly(dir).opening
  await pool.db.transaction().execute(async (transaction) => {
    await transaction.insertInto('line').values({ text: 'four' }).execute()
    expect(await transaction.selectFrom('line').selectAll().execute()).toHaveLength(4)
  })
  const streamed: string[] = []
  for await (const { text } of pool.db.selectFrom('line').select('text').stream()) streamed.push(text)
  expect(streamed).toEqual([...lines, 'four'])
  await pool.backup(join(dir, 'copy.db'))
  expect(existsSync(join(dir, 'copy.db'))).toBe(true)
})

const longReads = {
  'a recursive read':
    'with recursive n(i) as (select 1 union all select i + 1 from n where i < 10) select count(*) as n from n',
  'a join without an index': 'select count(*) as n from line as a, line as b',
  'a large value': 'select length(hex(zeroblob(3))) as n',
  'a read with an error': 'select nothing from line',
}

test.each(Object.entries(longReads))('%s runs in a thread', async (_, text) => {
  const dir = usedDirectory()
  const threads = startedThreads()
  const pool = await openQuietly(dir).opening
  const result = await pool.raw(text).catch((error: Error) => error)
  expect(threads.length).toBeGreaterThan(0)
  if (result instanceof Error) expect(result).toMatchObject({ name: 'SqliteError', sql: text })
})

test('reads of a large database run in a thread', async () => {
  const dir = usedDirectory()
  const database = new SqliteDatabase(join(dir, 'app.db'))
  database.exec(`insert into line (text) select hex(randomblob(500000)) from line`)
  database.exec(`insert into line (text) select hex(randomblob(500000)) from line`)
  database.close()
  const threads = startedThreads()
  const pool = await openQuietly(dir).opening
  expect(threads).toHaveLength(0)
  expect(await pool.raw('select count(*) from line')).toMatchObject({ rows: [[12]] })
  expect(threads.length).toBeGreaterThan(0)
})

test('short reads stop after 50 ms in total', async () => {
  const dir = usedDirectory()
  const threads = startedThreads()
  const pool = await openQuietly(dir).opening
  await vi.waitFor(async () => {
    for (let index = 0; index < 100; index++) expect(await textsIn(pool)).toEqual(lines)
    expect(threads.length).toBeGreaterThan(0)
  }, 15_000)
})

test('a read about the connection itself is refused as on any reader', async () => {
  const pool = await openQuietly(usedDirectory()).opening
  const error = await thrownBy(StatementRefusedError, () => pool.raw('select last_insert_rowid()'))
  expect(error).toMatchObject({ reason: 'connection-state', sql: 'select last_insert_rowid()' })
})

describe('a pool that is closed before its threads start', () => {
  test('leaves a database without a log, which opens without a check', async () => {
    const dir = usedDirectory()
    const pool = await openQuietly(dir).opening
    expect(await textsIn(pool)).toEqual(lines)
    await pool.close()
    expect(existsSync(join(dir, 'app.db-wal'))).toBe(false)
    expect(isFree(join(dir, 'app.lock'))).toBe(true)
    const again = await openQuietly(dir).opening
    expect(await textsIn(again)).toEqual(lines)
  })

  test.skipIf(process.platform !== 'linux')('keeps no file open', async () => {
    const dir = usedDirectory()
    const { opening, show } = openQuietly(dir)
    const pool = await opening
    show()
    await pool.close()
    expect(openFilesIn(dir)).toEqual([])
  })
})

describe('threads open the database from the start', () => {
  test('if there is none', async () => {
    const dir = temporaryDirectory()
    const threads = startedThreads()
    const pool = await openQuietly(dir).opening
    expect(threads.length).toBeGreaterThan(0)
    expect(await textsIn(pool)).toEqual([])
  })

  test('if migrations are pending, which then run once, after their backup', async () => {
    const dir = usedDirectory()
    const more = {
      ...migrations,
      '002-more': {
        up: (db: Pool<unknown>['db']) => sql`insert into line (text) values ('four')`.execute(db) as never,
      },
    }
    const pool = await openQuietly(dir, { migrations: more }).opening
    expect(await textsIn(pool)).toEqual([...lines, 'four'])
    expect(listBackups(join(dir, 'app.db'))).toHaveLength(1)
    await pool.close()
    expect(existsSync(join(dir, 'app.db-wal'))).toBe(false)
  })

  test('if the app checks the database on open', async () => {
    const threads = startedThreads()
    await openQuietly(usedDirectory(), { checkOnOpen: true }).opening
    expect(threads.length).toBeGreaterThan(0)
  })
})

test('a file that is no database is refused as always', async () => {
  const dir = usedDirectory()
  writeFileSync(join(dir, 'app.db'), 'no database '.repeat(1_000))
  await thrownBy(NotADatabaseError, () => openQuietly(dir).opening)
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

describe('if the connection on the main thread fails after it was opened', () => {
  /** A database whose migrations can be read until SQLite stops to trust the schema. That is the last step of its opening. */
  function directoryWithoutMigrations(): string {
    const dir = usedDirectory()
    const database = new SqliteDatabase(join(dir, 'app.db'))
    database.exec(`
      drop table kysely_migration;
      create view unsafe as select 1 as id, '001-line' as name, '2026' as timestamp from pragma_journal_mode;
      create virtual table kysely_migration using fts5(name, timestamp, content='unsafe', content_rowid='id')`)
    database.close()
    return dir
  }

  test('a thread opens the database and reports the reason', async () => {
    const dir = directoryWithoutMigrations()
    const threads = startedThreads()
    const error = await thrownBy(DatabaseOpenError, () => openQuietly(dir).opening)
    expect(error.message).toContain('unsafe use of virtual table')
    expect(threads.length).toBeGreaterThan(0)
    expect(openFilesIn(dir)).toEqual([])
    expect(isFree(join(dir, 'app.lock'))).toBe(true)
  })

  test('it and its files are closed before that', async () => {
    const dir = directoryWithoutMigrations()
    expect(await openEarly(join(dir, 'app.db'), ['001-line'], plainSetup)).toBeUndefined()
    expect(openFilesIn(dir)).toEqual([])
  })

  test('the pool closes what it cannot use', async () => {
    const dir = usedDirectory()
    const path = join(dir, 'app.db')
    const names = Object.keys(migrations)
    const early = await openEarly(path, names, plainSetup)
    // Nothing else makes it fail for certain.
    early?.connection.close()
    if (process.platform === 'linux') expect(openFilesIn(dir)).toContain(path)
    const settings = { ...poolSettings({}, dir), onFilesLost: () => undefined }
    await thrownBy(DatabaseOpenError, () => ConnectionPool.open(path, names, settings, undefined, early))
    expect(openFilesIn(dir)).toEqual([])
  })
})

test('while another program has the database locked, the main thread does not wait', async () => {
  const dir = usedDirectory()
  const other = new SqliteDatabase(join(dir, 'app.db'))
  onTestFinished(() => void other.close())
  other.pragma('locking_mode = EXCLUSIVE')
  other.exec("begin immediate; insert into line (text) values ('four'); commit")
  let turns = 0
  const ticking = setInterval(() => turns++, 10)
  onTestFinished(() => clearInterval(ticking))
  await expect(openQuietly(dir).opening).rejects.toMatchObject({ code: 'ERR_DATADIR_DATABASE_OPEN' })
  expect(turns).toBeGreaterThan(20)
})

test('a file that is replaced before the threads open it is noticed, and is not written', async () => {
  const dir = usedDirectory()
  const path = join(dir, 'app.db')
  const { opening, show } = openQuietly(dir)
  const pool = await opening
  copyFileSync(path, join(dir, 'other'))
  renameSync(join(dir, 'other'), path)
  const before = readFileSync(path)
  show()
  await expect(pool.db.insertInto('line').values({ text: 'four' }).execute()).rejects.toThrow()
  expect(readFileSync(path)).toEqual(before)
  rmSync(path)
})
