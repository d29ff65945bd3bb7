import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import SqliteDatabase from 'better-sqlite3'
import { sql } from 'kysely'
import { expect, onTestFinished, type TestContext, test } from 'vitest'
import { DatabaseOpenError, MigrationFailedError } from '../../../src/main/sqlite/errors/open-errors.ts'
import { PoolClosedError, QueryAbortedError } from '../../../src/main/sqlite/errors/query-errors.ts'
import type { Migrations } from '../../../src/main/sqlite/migrations/migrations.ts'
import type { OnBusy } from '../../../src/main/sqlite/open-options.ts'
import { lockToOpen } from '../../../src/main/sqlite/owned-directory.ts'
import { connect, openOrShare } from '../../../src/main/sqlite/pool.ts'
import { type LockScript, runLockScript } from '../../support/lock-script.ts'
import { isFree } from '../../support/processes.ts'
import { skip } from '../../support/skip.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { openNotes } from '../notes-pool.ts'

// SQLite's own wait was 30 s: a test that still waits for it fails by its time.
const shorter = 25_000

const migrations: Migrations = { '001-empty': { up: async () => undefined } }

function needsLinux(ctx: TestContext): void {
  if (process.platform !== 'linux') skip(ctx, 'only Linux names the process that holds a record lock')
}

/** Another process that keeps `app.db` locked until it gets the word to commit, or is killed. */
function startLocker(dir: string, begin: 'immediate' | 'exclusive'): Promise<LockScript> {
  return runLockScript(
    dir,
    `
    import { createRequire } from 'node:module'
    const Database = createRequire(${JSON.stringify(resolve('package.json'))})('better-sqlite3')
    const db = new Database(dir + '/app.db')
    db.exec('begin ${begin}')
    process.stdin.on('data', () => { db.exec('commit'); process.exit() })
    say({})`,
  )
}

function openAsking(dir: string, onBusy: OnBusy) {
  return openOrShare(lockToOpen({ dir }), { givenDir: undefined }, { migrations, onBusy })
}

test(
  'a database that another process keeps locked is not opened, and the error names the process',
  async (ctx) => {
    needsLinux(ctx)
    const dir = temporaryDirectory()
    const { pid } = await startLocker(dir, 'exclusive')
    const onBusy = async () => false
    const error = await thrownBy(DatabaseOpenError, () => openAsking(dir, onBusy))
    expect(error).toMatchObject({ reason: 'busy', holder: { pid }, cause: { code: 'SQLITE_BUSY' } })
    expect(error.summary).toContain(`the database is locked by ${error.holder?.program} (PID ${pid})`)
    expect(error.remedy).toBe(`Close ${error.holder?.program} (PID ${pid}), then try again.`)
    expect(isFree(join(dir, 'app.lock'))).toBe(true)
  },
  shorter,
)

test(
  'if another process keeps a migration from writing, the error names the process and does not ask for a report',
  async (ctx) => {
    needsLinux(ctx)
    const dir = temporaryDirectory()
    await (await connect({ dir, migrations })).close()
    const { pid } = await startLocker(dir, 'immediate')
    const more = { ...migrations, '002-more': { up: async () => undefined } }
    const error = await thrownBy(MigrationFailedError, () =>
      connect({ dir, migrations: more, keepBackups: 0 }),
    )
    expect(error).toMatchObject({ migration: '002-more', holder: { pid } })
    expect(error.summary).toContain(`(PID ${pid})`)
    expect(error.remedy).toMatch(/^Close .*, then try again\.$/)
  },
  shorter,
)

test(
  'a database that is locked only while it is opened is opened',
  async () => {
    const dir = temporaryDirectory()
    const locker = await startLocker(dir, 'exclusive')
    const opening = connect({ dir, migrations })
    await sleep(300)
    locker.tell('commit')
    await (await opening).close()
  },
  shorter,
)

test(
  'the question about a locked database can come several times, and the lock is held meanwhile',
  async () => {
    const dir = temporaryDirectory()
    const locker = await startLocker(dir, 'exclusive')
    const asked: (string | undefined)[] = []
    const onBusy = async (error: Error & { reason?: string }) => {
      asked.push(error.reason)
      expect(isFree(join(dir, 'app.lock'))).toBe(false)
      if (asked.length === 2) await locker.kill()
      return true
    }
    const pool = await openAsking(dir, onBusy)
    await pool.close()
    expect(asked).toEqual(['busy', 'busy'])
  },
  shorter,
)

test(
  'a statement that fails because of the lock keeps SQLite’s code and names the process',
  async (ctx) => {
    needsLinux(ctx)
    const { db, dir } = await openNotes()
    const { pid } = await startLocker(dir, 'immediate')
    const failing = db.connection().execute(async (connection) => {
      await sql`pragma busy_timeout = 10`.execute(connection)
      await connection.insertInto('note').values({ text: 'late' }).execute()
    })
    const error = await thrownBy(SqliteDatabase.SqliteError, () => failing)
    expect(error).toMatchObject({ code: 'SQLITE_BUSY', holder: { pid } })
    expect(error.message).toMatch(new RegExp(`^database is locked by .* \\(PID ${pid}\\)$`))
  },
  shorter,
)

test(
  'writes of every kind wait for the lock, longer than SQLite waits without a pause',
  async () => {
    const { db, dir, batch } = await openNotes()
    const locker = await startLocker(dir, 'immediate')
    const insert = (text: string) => db.insertInto('note').values({ text })
    const writing = Promise.all([
      insert('alone').execute(),
      batch([insert('in a batch').compile()]),
      db
        .transaction()
        .execute((trx) => trx.insertInto('note').values({ text: 'in a transaction' }).execute()),
      insert('with a row').returning('id').execute(),
    ])
    await sleep(700)
    locker.tell('commit')
    await writing
    expect(await db.selectFrom('note').selectAll().execute()).toHaveLength(4)
  },
  shorter,
)

test(
  'a write that waits for the lock can be aborted, and the connection is free at once',
  async () => {
    const { db, dir, query } = await openNotes()
    const locker = await startLocker(dir, 'immediate')
    const insert = db.insertInto('note').values({ text: 'too late' })
    await thrownBy(QueryAbortedError, () => query(insert, { timeout: 100 }))
    // The lock is still held: only a connection that does not wait for it answers.
    await db.connection().execute((connection) => sql`select 1`.execute(connection))
    locker.tell('commit')
    await db.insertInto('note').values({ text: 'in time' }).execute()
    expect(await db.selectFrom('note').select('text').execute()).toEqual([{ text: 'in time' }])
  },
  shorter,
)

test(
  'closing ends a write that waits for the lock',
  async () => {
    const pool = await openNotes({ closeTimeout: 200 })
    const { db, dir } = pool
    await startLocker(dir, 'immediate')
    const writing = thrownBy(PoolClosedError, () => db.insertInto('note').values({ text: 'late' }).execute())
    await pool.close()
    await writing
    expect(isFree(join(dir, 'app.lock'))).toBe(true)
    const after = new SqliteDatabase(join(dir, 'app.db'), { readonly: true })
    onTestFinished(() => void after.close())
    expect(after.prepare('select count(*) from note').pluck().get()).toBe(0)
  },
  shorter,
)
