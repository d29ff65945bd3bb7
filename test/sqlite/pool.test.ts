import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { sql } from 'kysely'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { DataDirLockedError } from '../../src/main/lock/errors.ts'
import {
  DatabaseNewerError,
  DatabaseOpenError,
  MigrationFailedError,
  NotADatabaseError,
} from '../../src/main/sqlite/errors/open-errors.ts'
import type { Migrations } from '../../src/main/sqlite/migrations/migrations.ts'
import { connect, release, resetPools } from '../../src/main/sqlite/pool.ts'
import { isFree, startHolder } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'

interface Schema {
  note: { id: number; text: string }
}

const migrations: Migrations = {
  '001-note': {
    up: (db) => db.schema.createTable('note').addColumn('id', 'integer').addColumn('text', 'text').execute(),
  },
}

afterEach(resetPools)

function skipLock() {
  process.env.APP_SKIP_DATADIR_LOCK = '1'
  const restore = () => {
    delete process.env.APP_SKIP_DATADIR_LOCK
  }
  onTestFinished(restore)
  return restore
}

// The five of the seed, under their own names (charmbracelet/crush, internal/db).

test('connect fails when the data directory is locked by another process, and creates no database', async () => {
  const dir = temporaryDirectory()
  const holder = await startHolder({ dir })
  const error = await thrownBy(DataDirLockedError, () => connect({ dir, migrations }))
  expect(error.pid).toBe(holder.pid)
  expect(existsSync(join(dir, 'app.db'))).toBe(false)
})

test('connect succeeds after the contender releases', async () => {
  const dir = temporaryDirectory()
  const holder = await startHolder({ dir })
  await thrownBy(DataDirLockedError, () => connect({ dir, migrations }))
  await holder.finish()
  const { db } = await connect<Schema>({ dir, migrations })
  await expect(db.selectFrom('note').selectAll().execute()).resolves.toEqual([])
})

test('a caller that changes its options after the call changes nothing', async () => {
  const options = { dir: temporaryDirectory(), migrations }
  const opening = connect<Schema>(options)
  options.migrations = {}
  const { db } = await opening
  await expect(db.selectFrom('note').selectAll().execute()).resolves.toEqual([])
})

test('the lock is released on the final release', async () => {
  const dir = temporaryDirectory()
  await connect({ dir, migrations })
  await connect({ dir, migrations })
  await release(dir)
  expect(isFree(join(dir, 'app.lock'))).toBe(false)
  await release(dir)
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test('the lock outlasts the database', async () => {
  const dir = temporaryDirectory()
  const { db } = await connect({ dir, migrations })
  const seen: boolean[] = []
  const destroy = vi.spyOn(db, 'destroy').mockImplementation(async () => {
    destroy.mockRestore()
    await db.destroy()
    seen.push(isFree(join(dir, 'app.lock')))
  })
  await release(dir)
  expect(seen).toEqual([false])
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test('a shared pool does not acquire the lock again', async () => {
  const dir = temporaryDirectory()
  mkdirSync(join(dir, 'data'))
  symlinkSync(join(dir, 'data'), join(dir, 'alias'))
  const first = await connect({ dir: join(dir, 'data'), migrations })
  const second = await connect({ dir: join(dir, 'alias'), migrations })
  expect(second.db).toBe(first.db)
  expect(second.dir).toBe(join(dir, 'data'))
})

test('the skip variable bypasses the lock', async () => {
  const dir = temporaryDirectory()
  await startHolder({ dir })
  skipLock()
  const { db } = await connect<Schema>({ dir, migrations })
  await db.insertInto('note').values({ id: 1, text: 'past the lock' }).execute()
})

test('a directory opened without the lock takes it when it is opened with it', async () => {
  const dir = temporaryDirectory()
  const restore = skipLock()
  await connect({ dir, migrations })
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
  restore()
  await connect({ dir, migrations })
  expect(isFree(join(dir, 'app.lock'))).toBe(false)
})

test('when the lock is lost, writes are refused and reads continue', async () => {
  const parent = temporaryDirectory()
  const dir = join(parent, 'data')
  const { db } = await connect<Schema>({ dir, migrations })
  // A reader that opens its connection now would not find the file.
  await db.selectFrom('note').selectAll().execute()
  renameSync(dir, join(parent, 'moved'))
  const write = () => db.insertInto('note').values({ id: 1, text: 'nobody owns this' }).execute()
  await vi.waitFor(() => expect(write()).rejects.toMatchObject({ code: 'SQLITE_READONLY' }), 3_000)
  await expect(db.selectFrom('note').selectAll().execute()).resolves.toBeDefined()
})

test('two concurrent calls share one open', async () => {
  const dir = temporaryDirectory()
  let runs = 0
  const counted: Migrations = { '001': { up: async () => void runs++ } }
  const [first, second] = await Promise.all([
    connect({ dir, migrations: counted }),
    connect({ dir, migrations: counted }),
  ])
  expect(second.db).toBe(first.db)
  expect(runs).toBe(1)
})

test('a failing migration names itself and releases the lock, for every waiting call', async () => {
  const dir = temporaryDirectory()
  const failing: Migrations = {
    ...migrations,
    '002-broken': { up: async () => Promise.reject(new Error('no such thing')) },
  }
  const results = await Promise.allSettled([
    connect({ dir, migrations: failing }),
    connect({ dir, migrations: failing }),
  ])
  for (const result of results) {
    expect(result.status).toBe('rejected')
    const { reason } = result as PromiseRejectedResult
    expect(reason).toBeInstanceOf(MigrationFailedError)
    expect(reason).toMatchObject({ migration: '002-broken' })
  }
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
  await connect({ dir, migrations })
})

test('a migration that throws at once is reported the same way', async () => {
  const dir = temporaryDirectory()
  const failing: Migrations = {
    '001': {
      up: () => {
        throw new Error('at once')
      },
    },
  }
  await thrownBy(MigrationFailedError, () => connect({ dir, migrations: failing }))
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test('releasing an unknown directory is a no-op', async () => {
  await release(temporaryDirectory())
  await release(join(temporaryDirectory(), 'missing'))
})

test('reopening while the database closes waits for it and keeps the data', async () => {
  const dir = temporaryDirectory()
  const { db } = await connect<Schema>({ dir, migrations })
  await db.insertInto('note').values({ id: 1, text: 'kept' }).execute()
  const closing = release(dir)
  const reopened = await connect<Schema>({ dir, migrations })
  await closing
  expect(await reopened.db.selectFrom('note').select('text').execute()).toEqual([{ text: 'kept' }])
  expect(isFree(join(dir, 'app.lock'))).toBe(false)
})

test('resetPools closes every database, also one that was opened several times', async () => {
  const dirs = [temporaryDirectory(), temporaryDirectory()]
  for (const dir of [...dirs, ...dirs]) await connect({ dir, migrations })
  await resetPools()
  for (const dir of dirs) expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test('the connections of a pool have their pragmas', async () => {
  const { db } = await connect({ dir: temporaryDirectory(), migrations })
  const read = async (name: string) => {
    const { rows } = await sql.raw<Record<string, unknown>>(`pragma ${name}`).execute(db)
    return Object.values(rows[0] ?? {})[0]
  }
  expect(await read('foreign_keys')).toBe(1)
  expect(await read('journal_mode')).toBe('wal')
  expect(await read('page_size')).toBe(4096)
  expect(await read('cache_size')).toBe(-8000)
  expect(await read('synchronous')).toBe(1)
  // Longer waits are made of many such waits, so that they can be stopped.
  expect(await read('busy_timeout')).toBe(200)
})

test('a database from a newer app is refused and not modified', async () => {
  const dir = temporaryDirectory()
  await connect({ dir, migrations: { ...migrations, '002-future': { up: async () => undefined } } })
  await release(dir)
  const before = readFileSync(join(dir, 'app.db'))
  const error = await thrownBy(DatabaseNewerError, () => connect({ dir, migrations }))
  expect(error.unknownMigrations).toEqual(['002-future'])
  expect(readFileSync(join(dir, 'app.db')).equals(before)).toBe(true)
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test('a file that is not a database is refused and not modified', async () => {
  const dir = temporaryDirectory()
  writeFileSync(
    join(dir, 'app.db'),
    'my shopping list, which is longer than a header of a hundred bytes '.repeat(9),
  )
  const before = readFileSync(join(dir, 'app.db'))
  const error = await thrownBy(NotADatabaseError, () => connect({ dir, migrations }))
  expect(error.path).toBe(join(dir, 'app.db'))
  expect(readFileSync(join(dir, 'app.db')).equals(before)).toBe(true)
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test('a database that another program keeps locked is reported after a limited wait', async () => {
  const dir = temporaryDirectory()
  const other = new SqliteDatabase(join(dir, 'app.db'))
  onTestFinished(() => void other.close())
  other.exec('begin exclusive')
  const error = await thrownBy(DatabaseOpenError, () => connect({ dir, migrations }))
  expect(error.message).toContain('database is locked')
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test('a directory where the database should be is refused', async () => {
  const dir = temporaryDirectory()
  mkdirSync(join(dir, 'app.db'))
  await thrownBy(DatabaseOpenError, () => connect({ dir, migrations }))
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})
