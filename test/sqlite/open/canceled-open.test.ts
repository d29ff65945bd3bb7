import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { sql } from 'kysely'
import { afterEach, describe, expect, test } from 'vitest'
import { claim } from '../../../src/main/claim/claim.ts'
import type { LaunchOutcome } from '../../../src/main/handoff/messages/protocol.ts'
import { newBackupPath } from '../../../src/main/sqlite/backup/backup-folder.ts'
import { MigrationAbortedError } from '../../../src/main/sqlite/errors/open-errors.ts'
import type { Migrations } from '../../../src/main/sqlite/migrations/migrations.ts'
import { type ConnectOptions, connect, type Pool, resetPools } from '../../../src/main/sqlite/pool.ts'
import { isFree, startHolder } from '../../support/processes.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'

afterEach(resetPools)

const onLaunch = async (): Promise<LaunchOutcome> => 'focused'

const openers: [string, (options: ConnectOptions) => Promise<unknown>][] = [
  ['connect', connect],
  ['claim', (options) => claim({ ...options, database: {}, onLaunch })],
]

const isLocked = (dir: string) => !isFree(join(dir, 'app.lock'))

async function canBeOpened(dir: string): Promise<void> {
  const pool: Pool<unknown> = await connect({ dir })
  await sql`select 1`.execute(pool.db)
  await pool.close()
}

describe.each(openers)('%s', (_, open) => {
  test('with a signal that has aborted touches nothing', async () => {
    const dir = join(temporaryDirectory(), 'data')
    const reason = new Error('the user quit')
    const error = await thrownBy(MigrationAbortedError, () =>
      open({ dir, signal: AbortSignal.abort(reason) }),
    )
    expect(error).toMatchObject({ cause: reason, path: join(dir, 'app.db') })
    expect(error.summary).toContain('canceled')
    expect(existsSync(dir)).toBe(false)
  })

  test('with a signal that has aborted does not check who owns the directory', async () => {
    const dir = temporaryDirectory()
    await startHolder({ dir })
    await thrownBy(MigrationAbortedError, () => open({ dir, signal: AbortSignal.abort() }))
  })

  test('with a signal that aborts right after the call opens no database and frees the lock', async () => {
    const dir = temporaryDirectory()
    const quitting = new AbortController()
    const opening = thrownBy(MigrationAbortedError, () => open({ dir, signal: quitting.signal }))
    expect(isLocked(dir)).toBe(true)
    quitting.abort()
    await opening
    expect(readdirSync(dir)).toEqual(['app.lock'])
    expect(isLocked(dir)).toBe(false)
    await canBeOpened(dir)
  })

  test('with a signal that aborts in a migration undoes it and frees the lock', async () => {
    const dir = temporaryDirectory()
    const quitting = new AbortController()
    const migrations: Migrations = {
      '001': {
        async up(db) {
          await sql`create table line (text)`.execute(db)
          quitting.abort()
        },
      },
      '002': { up: async () => expect.unreachable() },
    }
    await thrownBy(MigrationAbortedError, () => open({ dir, migrations, signal: quitting.signal }))
    expect(isLocked(dir)).toBe(false)
    const file = new SqliteDatabase(join(dir, 'app.db'), { readonly: true })
    const tables = file.prepare("select name from sqlite_master where name = 'line'").all()
    file.close()
    expect(tables).toEqual([])
  })

  test('with a signal that aborts after the last migration leaves nothing open', async () => {
    const dir = temporaryDirectory()
    const quitting = new AbortController()
    const onMigrationProgress: ConnectOptions['onMigrationProgress'] = ({ done, total }) => {
      if (done === total) quitting.abort()
    }
    const migrations: Migrations = { '001': { up: async () => undefined } }
    await thrownBy(MigrationAbortedError, () =>
      open({ dir, migrations, onMigrationProgress, signal: quitting.signal }),
    )
    expect(isLocked(dir)).toBe(false)
    expect(readdirSync(dir).sort()).toEqual(['app.db', 'app.db-checkpoint', 'app.lock'])
  })

  test('with a signal that aborts in the backup before a migration says that the opening was canceled', async () => {
    const dir = temporaryDirectory()
    const path = join(dir, 'app.db')
    const file = new SqliteDatabase(path)
    file.exec(`create table line (text);
      with recursive n (i) as (select 1 union all select i + 1 from n where i < 40000)
      insert into line select printf('%0500d', i) from n`)
    file.close()
    const quitting = new AbortController()
    const watching = setInterval(() => {
      const folder = join(dir, 'app.backups')
      if (existsSync(folder) && readdirSync(folder).length > 0) quitting.abort()
    }, 1)
    const migrations: Migrations = { '001': { up: async () => expect.unreachable() } }
    await thrownBy(MigrationAbortedError, () => open({ dir, migrations, signal: quitting.signal }))
    clearInterval(watching)
    expect(isLocked(dir)).toBe(false)
    expect(readdirSync(join(dir, 'app.backups'))).toEqual([])
  })

  test('with a signal that aborts while the user is asked about damage restores nothing', async () => {
    const dir = temporaryDirectory()
    const path = join(dir, 'app.db')
    const backup = new SqliteDatabase(newBackupPath(path, '001'))
    backup.exec('create table line (text)')
    backup.close()
    writeFileSync(path, 'no database, but longer than the header of one '.repeat(9))
    const before = readFileSync(path)
    const quitting = new AbortController()
    const onDamaged = () => {
      quitting.abort()
      return 'restore' as const
    }
    await thrownBy(MigrationAbortedError, () => open({ dir, onDamaged, signal: quitting.signal }))
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(isLocked(dir)).toBe(false)
  })
})

test('a signal that has aborted adds no handle to an open database', async () => {
  const dir = temporaryDirectory()
  const pool = await connect({ dir })
  await thrownBy(MigrationAbortedError, () => connect({ dir, signal: AbortSignal.abort() }))
  await pool.close()
  expect(isLocked(dir)).toBe(false)
})

test('a canceled call does not cancel the open for another call that waits for it', async () => {
  const dir = temporaryDirectory()
  const quitting = new AbortController()
  const canceled = thrownBy(MigrationAbortedError, () => connect({ dir, signal: quitting.signal }))
  const other = connect({ dir })
  quitting.abort()
  await canceled
  const pool = await other
  await sql`select 1`.execute(pool.db)
  await pool.close()
  expect(isLocked(dir)).toBe(false)
})

test('an open that every call has canceled stops, and a call right afterwards opens the database again', async () => {
  const dir = temporaryDirectory()
  const quitting = new AbortController()
  const { signal } = quitting
  const canceled = [connect({ dir, signal }), connect({ dir, signal })].map((opening) =>
    thrownBy(MigrationAbortedError, () => opening),
  )
  quitting.abort()
  const pool = await connect({ dir })
  await Promise.all(canceled)
  await sql`select 1`.execute(pool.db)
  await pool.close()
  expect(isLocked(dir)).toBe(false)
})

test('a claim that onOwned cancels starts neither the server nor the database', async () => {
  const dir = temporaryDirectory()
  const quitting = new AbortController()
  const onOwned = async () => quitting.abort()
  await thrownBy(MigrationAbortedError, () => claim({ dir, onLaunch, onOwned, signal: quitting.signal }))
  expect(readdirSync(dir)).toEqual(['app.lock'])
  expect(isLocked(dir)).toBe(false)
})

test('a signal that aborts later does not affect an open database', async () => {
  const dir = join(temporaryDirectory(), 'data')
  mkdirSync(dir)
  const later = new AbortController()
  const pool = await connect({ dir, signal: later.signal })
  later.abort()
  await sql`select 1`.execute(pool.db)
})
