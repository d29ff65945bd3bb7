import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, type TestContext, test, vi } from 'vitest'
import { listBackups } from '../../src/main/sqlite/backup/backup-folder.ts'
import { DatabaseInUseError } from '../../src/main/sqlite/errors/backup-errors.ts'
import type { Migrations } from '../../src/main/sqlite/migrations/migrations.ts'
import { type ConnectOptions, connect } from '../../src/main/sqlite/pool.ts'
import { restoreNewestBackup } from '../../src/main/sqlite/restore-newest-backup.ts'
import { skip } from '../support/skip.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'
import { readersUp } from './notes-pool.ts'

const first: Migrations = {
  '001-line': {
    up: (db) => sql`create table line (id integer primary key, text text)`.execute(db) as never,
  },
}
const second: Migrations = { ...first, '002-none': { up: async () => undefined } }

/** What the kernel says this process has locked of a database, as `read` or `write` and the bytes. */
function locksOn(path: string): string[] {
  const inodes = [path, `${path}-shm`].map((file) => statSync(file).ino)
  return readFileSync('/proc/locks', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, kind, , , pid]) => kind === 'POSIX' && Number(pid) === process.pid)
    .flatMap(([, , , access, , file = '', start, end]) => {
      const index = inodes.indexOf(Number(file.split(':')[2]))
      return index < 0 ? [] : `${index === 0 ? 'db' : 'shm'} ${access} ${start}-${end}`
    })
    .sort()
}

/** A pool whose last migration was preceded by a backup. */
async function openMigrated(mode: ConnectOptions['mode'] & string) {
  const dir = temporaryDirectory()
  const made = await connect({ dir, migrations: first, mode })
  await sql`insert into line (text) values ('kept')`.execute(made.db)
  await made.close()
  const options: ConnectOptions = { dir, migrations: second, mode, readers: 2 }
  const pool = await connect(options)
  onTestFinished(() => pool.close())
  expect(listBackups(pool.databasePath)).toHaveLength(1)
  await readersUp(pool as never)
  await pool.db
    .selectFrom('sqlite_master' as never)
    .selectAll()
    .execute()
  return { dir, pool, options, path: pool.databasePath }
}

function needsProcLocks(ctx: TestContext): void {
  if (process.platform !== 'linux') skip(ctx, 'only Linux lists locks in /proc/locks')
}

describe.each(['threads', 'inline'] as const)('with mode %s', (mode) => {
  test('no operation drops a lock that SQLite has on the database', async (ctx) => {
    needsProcLocks(ctx)
    const { dir, pool, options, path } = await openMigrated(mode)
    const before = locksOn(path)
    // The shared lock of connections in WAL mode, and the one on the shared memory.
    expect(before.some((lock) => lock.startsWith('db READ'))).toBe(true)
    expect(before.some((lock) => lock.startsWith('shm READ'))).toBe(true)

    const write = () => sql`insert into line (text) values (hex(randomblob(1000)))`.execute(pool.db)
    const operations: Record<string, () => Promise<unknown>> = {
      query: () => sql`select * from line`.execute(pool.db),
      write,
      transaction: () =>
        pool.db.transaction().execute((trx) => sql`delete from line where id = 2`.execute(trx)),
      stream: async () => {
        for await (const _ of pool.db
          .selectFrom('line' as never)
          .selectAll()
          .stream(1));
      },
      checkpoint: () => sql`pragma wal_checkpoint(truncate)`.execute(pool.db),
      'write into an empty log': write,
      stats: () => pool.stats(),
      backup: () => pool.backup(join(dir, 'copy.db')),
      'backup onto itself': () => expect(pool.backup(path)).rejects.toThrow('is the database itself'),
      'restore while open': () => thrownBy(DatabaseInUseError, () => restoreNewestBackup(dir)),
      'second connect': async () => (await connect(options)).close(),
      // The look of every 2 s, and the checkpoint in idle time.
      'idle time': async () => {
        await vi.waitFor(() => expect(statSync(`${path}-wal`).size).toBe(0), 10_000)
        await sleep(2_100)
      },
    }
    for (const [name, run] of Object.entries(operations)) {
      await run()
      await vi.waitFor(() => expect({ name, locks: locksOn(path) }).toEqual({ name, locks: before }), 5_000)
    }
  })
})

test('a writer that was replaced leaves the locks of the readers in place', async (ctx) => {
  needsProcLocks(ctx)
  const writers: { terminate(): Promise<unknown> }[] = []
  const add = (worker: { terminate(): Promise<unknown> }) => writers.push(worker)
  process.on('worker', add)
  onTestFinished(() => void process.off('worker', add))
  const { pool, path } = await openMigrated('threads')
  const before = locksOn(path)
  // A thread that has ended has no id any more, and a pool starts its writer first.
  const writer = writers.find((worker) => 'threadId' in worker && Number(worker.threadId) > 0)
  await writer?.terminate()
  await sql`insert into line (text) values ('again')`.execute(pool.db)
  await vi.waitFor(() => expect(locksOn(path)).toEqual(before), 5_000)
})

test('a program that closes a descriptor of the database drops them, and the tests above would find that', async (ctx) => {
  needsProcLocks(ctx)
  const { path } = await openMigrated('inline')
  const before = locksOn(path)
  closeSync(openSync(path, 'r'))
  expect(locksOn(path)).not.toEqual(before)
})
