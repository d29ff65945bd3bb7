import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import SqliteDatabase from 'better-sqlite3'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { acquireDataDirLock } from '../../../src/main/lock/data-dir-lock.ts'
import { LockLostError } from '../../../src/main/lock/errors.ts'
import type { OnDamaged } from '../../../src/main/sqlite/damaged.ts'
import { DatabaseReplacedError } from '../../../src/main/sqlite/errors/open-errors.ts'
import { listRescued } from '../../../src/main/sqlite/files/backup-files.ts'
import { connect, type Pool } from '../../../src/main/sqlite/pool.ts'
import { skip } from '../../support/skip.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { startOwner } from '../owner-process.ts'
import { startedThreads } from '../worker-threads.ts'

interface Schema {
  line: { id: number }
}

const modes = ['threads', 'inline'] as const

/** A pool whose log has 20 rows that are not in the database, which has 10. */
async function openPool(mode: 'threads' | 'inline' = 'inline', dir = temporaryDirectory()) {
  const pool = await connect<Schema>({ dir, mode, readers: 2 })
  onTestFinished(() => pool.close())
  const lock = acquireDataDirLock({ dir })
  onTestFinished(() => lock.release())
  const run = (text: string) => sql.raw(text).execute(pool.db)
  const write = (count: number) =>
    run(`insert into line (text) select hex(randomblob(100)) from
      (with recursive n (i) as (select 1 union all select i + 1 from n where i < ${count}) select i from n)`)
  await run('create table line (id integer primary key, text text)')
  await write(10)
  await run('pragma wal_checkpoint(truncate)')
  await write(20)
  return { dir, path: join(dir, 'app.db'), pool, run, write, lost: lock.lost, lock }
}

/** Waits until the pool has noticed. */
async function lostBy(lost: AbortSignal): Promise<DatabaseReplacedError> {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  await vi.waitFor(() => expect(lost.aborted).toBe(true), 15_000)
  expect(lost.reason).toBeInstanceOf(DatabaseReplacedError)
  return lost.reason as DatabaseReplacedError
}

async function refusesWrites({ db }: Pool<Schema>): Promise<void> {
  const write = sql`insert into line (text) values ('too late')`.execute(db)
  await expect(write).rejects.toMatchObject({ code: 'SQLITE_READONLY' })
}

function countAt(path: string | undefined): unknown {
  const connection = new SqliteDatabase(path, { readonly: true, fileMustExist: true })
  const count = connection.prepare('select count(*) from line').pluck().get()
  connection.close()
  return count
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

function bytesIn(dir: string): Record<string, string> {
  const names = readdirSync(dir).filter((name) => name.startsWith('app.db'))
  return Object.fromEntries(names.map((name) => [name, hashOf(join(dir, name))]))
}

/** A database of another program, with 3 rows. */
function foreignDatabase(): string {
  const path = join(temporaryDirectory(), 'foreign.db')
  const connection = new SqliteDatabase(path)
  connection.exec('create table line (id integer primary key, text text)')
  connection.exec("insert into line (text) values ('a'), ('b'), ('c')")
  connection.close()
  return path
}

async function countAfterRestart(dir: string, onDamaged: OnDamaged = 'keep'): Promise<unknown> {
  const again = await connect({ dir, mode: 'inline', onDamaged })
  const { rows } = await sql<{ n: number }>`select count(*) as n from line`.execute(again.db)
  await again.close()
  return rows[0]?.n
}

describe.each(modes)('with mode %s', (mode) => {
  test('if every file is removed, writes fail and the content of the files is saved', async () => {
    const { dir, path, pool, lost } = await openPool(mode)
    for (const name of readdirSync(dir).filter((file) => file.startsWith('app.db'))) rmSync(join(dir, name))
    const error = await lostBy(lost)
    expect(error).toMatchObject({ code: 'ERR_DATADIR_DATABASE_REPLACED', path, what: 'removed' })
    await refusesWrites(pool)
    const saved = await error.rescue
    expect(listRescued(path).map((file) => file.path)).toEqual([saved])
    expect(countAt(saved)).toBe(30)
    await pool.close()
    expect(readdirSync(dir).filter((name) => name.startsWith('app.db'))).toEqual([])
    expect(countAt(saved)).toBe(30)
  })

  test('if a copy is moved into the place of the database, the copy is not changed', async () => {
    const { dir, path, pool, lost } = await openPool(mode)
    copyFileSync(foreignDatabase(), `${path}.new`)
    renameSync(`${path}.new`, path)
    const error = await lostBy(lost)
    expect(error).toMatchObject({ path, what: 'replaced' })
    await refusesWrites(pool)
    expect(countAt(await error.rescue)).toBe(30)
    const before = bytesIn(dir)
    await pool.close()
    expect(bytesIn(dir)).toEqual(before)
  })

  test('if a backup is copied into the database, the backup is not changed and the log is saved', async () => {
    const { path, pool, lost } = await openPool(mode)
    const foreign = readFileSync(foreignDatabase())
    const log = readFileSync(`${path}-wal`)
    writeFileSync(path, foreign)
    const error = await lostBy(lost)
    expect(error).toMatchObject({ path, what: 'overwritten' })
    await refusesWrites(pool)
    const saved = (await error.rescue) ?? ''
    expect(saved).toMatch(/\.rescued-.*\.wal$/)
    expect(readFileSync(saved).equals(log)).toBe(true)
    expect(listRescued(path)).toEqual([])
    await pool.close()
    expect(readFileSync(path).equals(foreign)).toBe(true)
    expect(countAt(path)).toBe(3)
  })

  test('if the database is overwritten and the log is empty, the error has no path of a copy', async () => {
    const { path, pool, run, lost } = await openPool(mode)
    await run('pragma wal_checkpoint(truncate)')
    writeFileSync(path, readFileSync(foreignDatabase()))
    const error = await lostBy(lost)
    expect(error).toMatchObject({ path, what: 'overwritten' })
    expect(await error.rescue).toBeUndefined()
    await pool.close()
    expect(countAt(path)).toBe(3)
  })
})

test('in a folder of a group, the group can read what is saved of an overwritten database', async (ctx) => {
  if (process.platform === 'win32') skip(ctx, 'Windows has no groups of this kind')
  const shared = temporaryDirectory()
  chmodSync(shared, 0o2770)
  const { dir, path, lost } = await openPool('inline', shared)
  writeFileSync(path, readFileSync(foreignDatabase()))
  const saved = await (await lostBy(lost)).rescue
  expect(saved).toMatch(/\.wal$/)
  const modes = readdirSync(dir)
    .filter((name) => name.includes('.rescued-'))
    .map((name) => (statSync(join(dir, name)).mode & 0o777).toString(8))
  expect(modes).toEqual(['660', '660'])
})

test.each(['-wal', '-shm'])('if only %s is removed, nothing is lost', async (suffix) => {
  const { dir, path, pool, lost, lock } = await openPool()
  rmSync(path + suffix)
  const error = await lostBy(lost)
  expect(error).toMatchObject({ path: path + suffix, what: 'removed' })
  await refusesWrites(pool)
  // What is open can still be read.
  expect((await sql`select id from line`.execute(pool.db)).rows).toHaveLength(30)
  expect(countAt(await error.rescue)).toBe(30)
  await pool.close()
  lock.release()
  expect(await countAfterRestart(dir)).toBe(30)
})

test('if the log was removed before a kill, the database is not opened, and the saved copy can be restored', async () => {
  const dir = temporaryDirectory()
  const path = join(dir, 'app.db')
  const owner = await startOwner(dir)
  await owner.run('create table line (id integer primary key)')
  await owner.run('insert into line values (1), (2)')
  rmSync(`${path}-wal`)
  await vi.waitFor(() => expect(listRescued(path)).toHaveLength(1), 15_000)
  await owner.kill()
  await expect(countAfterRestart(dir)).rejects.toMatchObject({ mismatch: 'log-missing' })
  expect(await countAfterRestart(dir, () => 'restore')).toBe(2)
})

test('another log in the place of the log is neither read nor removed', async () => {
  const { path, pool, lost } = await openPool()
  rmSync(`${path}-wal`)
  writeFileSync(`${path}-wal`, 'of another program')
  const error = await lostBy(lost)
  expect(error).toMatchObject({ path: `${path}-wal`, what: 'replaced' })
  await error.rescue
  await pool.close()
  expect(readFileSync(`${path}-wal`, 'utf8')).toBe('of another program')
})

test('an open transaction ends when a file is lost, and none of it is written', async () => {
  const { path, pool, lost } = await openPool()
  const transaction = pool.db.transaction().execute(async (trx) => {
    await sql`insert into line (text) values ('uncommitted')`.execute(trx)
    rmSync(`${path}-wal`)
    const error = await lostBy(lost)
    await sql`insert into line (text) values ('too late')`.execute(trx).catch(() => undefined)
    return error
  })
  await expect(transaction).rejects.toThrow()
  expect(countAt(await (lost.reason as DatabaseReplacedError).rescue)).toBe(30)
})

test('if the whole directory is moved away, the lock is lost and nothing is saved in another place', async () => {
  const parent = temporaryDirectory()
  const dir = join(parent, 'data')
  mkdirSync(dir)
  const { lost, pool } = await openPool('inline', dir)
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  renameSync(dir, join(parent, 'moved'))
  await vi.waitFor(() => expect(lost.aborted).toBe(true), 15_000)
  expect(lost.reason).toBeInstanceOf(LockLostError)
  await pool.close()
  expect(existsSync(dir)).toBe(false)
})

test('a database that is removed right before the pool is closed is saved', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const { dir, path, pool } = await openPool()
  for (const name of readdirSync(dir).filter((file) => file.startsWith('app.db'))) rmSync(join(dir, name))
  await pool.close()
  expect(countAt(listRescued(path)[0]?.path)).toBe(30)
})

test('a backup that is copied into the database right before the pool is closed is not changed', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const { dir, path, pool } = await openPool()
  const foreign = readFileSync(foreignDatabase())
  writeFileSync(path, foreign)
  await pool.close()
  expect(readFileSync(path).equals(foreign)).toBe(true)
  expect(readdirSync(dir).filter((name) => name.endsWith('.wal'))).toHaveLength(1)
})

/** Another program that runs statements on the database and ends. */
async function runElsewhere(path: string, statements: string): Promise<void> {
  const script = `const db = new (require('better-sqlite3'))(process.argv[1]); db.exec(process.argv[2]); db.close()`
  const child = spawn(process.execPath, ['-e', script, path, statements], { stdio: 'inherit' })
  expect(await once(child, 'exit')).toEqual([0, null])
}

/** Longer than the two looks that it takes to notice. */
async function staysOurs(lost: AbortSignal): Promise<void> {
  await sleep(4_500)
  expect(lost.reason).toBeUndefined()
}

test('what another SQLite program writes and moves into the database is no loss', async () => {
  const { dir, path, lost, lock, pool, write } = await openPool('threads')
  const insert = "insert into line (text) values ('elsewhere')"
  for (const mode of ['passive', 'restart', 'truncate']) {
    await runElsewhere(path, `${insert}; pragma wal_checkpoint(${mode}); ${insert}`)
    await write(1)
    await runElsewhere(path, `pragma wal_checkpoint(${mode})`)
    await write(1)
  }
  await staysOurs(lost)
  await write(1)
  await pool.close()
  lock.release()
  expect(await countAfterRestart(dir)).toBe(30 + 3 * 4 + 1)
})

test('a database that is touched or gets other permissions is no loss', async () => {
  const { path, lost, write } = await openPool()
  chmodSync(path, 0o640)
  utimesSync(path, new Date(), new Date())
  await staysOurs(lost)
  await write(1)
})

test('a pragma that would remove the log fails, and the files are watched as before', async () => {
  const { path, lost, pool, write } = await openPool()
  await expect(sql`pragma journal_mode = delete`.execute(pool.db)).rejects.toThrow('database is locked')
  await write(1)
  rmSync(`${path}-wal`)
  expect(await lostBy(lost)).toMatchObject({ path: `${path}-wal` })
})

test('a stream that finds no log fails with an error that names the log', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const { path, pool } = await openPool('threads')
  rmSync(`${path}-wal`)
  const streams = Array.from({ length: 4 }, async () => {
    for await (const row of pool.db.selectFrom('line').selectAll().stream(1)) {
      expect(row.id).toBeGreaterThan(0)
      await sleep(20)
    }
  })
  const reasons = (await Promise.allSettled(streams)).filter((result) => result.status === 'rejected')
  // Readers that were open before can still read.
  expect(reasons.length).toBeGreaterThan(0)
  for (const { reason } of reasons) {
    expect(reason).toBeInstanceOf(DatabaseReplacedError)
    expect(reason).toMatchObject({ path: `${path}-wal`, what: 'removed' })
  }
})

test('a writer that ends is not replaced by one on another file', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const threads = startedThreads()
  const { path, pool, lost } = await openPool('threads')
  const foreign = readFileSync(foreignDatabase())
  const [writer] = threads
  await Promise.all([
    writer?.terminate(),
    // Between the end of one and the start of the next, no watch looks.
    writeFileSync(`${path}.new`, foreign),
    renameSync(`${path}.new`, path),
  ])
  const write = sql`insert into line (text) values ('too late')`.execute(pool.db)
  await expect(write).rejects.toThrow()
  expect(await lostBy(lost)).toMatchObject({ path, what: 'replaced' })
  await pool.close()
  expect(readFileSync(path).equals(foreign)).toBe(true)
})

test('a reader that starts after the database was replaced does not change the shared memory of the old one', async () => {
  const threads = startedThreads()
  const { path, lost, run } = await openPool('threads')
  // The first read of the log sets a mark in the shared memory.
  await run('select count(*) from line')
  const memory = hashOf(`${path}-shm`)
  copyFileSync(path, `${path}.copy`)
  renameSync(`${path}.copy`, path)
  // In place of this reader another one starts at once, long before the next look.
  await Promise.all(threads.slice(1).map((thread) => thread.terminate()))
  await run('select count(*) from line').catch(() => undefined)
  const error = await lostBy(lost)
  expect(hashOf(`${path}-shm`)).toBe(memory)
  expect(countAt(await error.rescue)).toBe(30)
})
