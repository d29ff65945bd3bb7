import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { BackupProgress } from '../../../src/main/sqlite/backup/backup.ts'
import { listBackups } from '../../../src/main/sqlite/backup/backup-folder.ts'
import { BackupFailedError, DatabaseInUseError } from '../../../src/main/sqlite/errors/backup-errors.ts'
import { MigrationAbortedError, NotADatabaseError } from '../../../src/main/sqlite/errors/open-errors.ts'
import { NestedQueryError } from '../../../src/main/sqlite/errors/query-errors.ts'
import type { Migrations } from '../../../src/main/sqlite/migrations/migrations.ts'
import { connect, release, resetPools } from '../../../src/main/sqlite/pool.ts'
import { restoreNewestBackup } from '../../../src/main/sqlite/restore-newest-backup.ts'
import type { PinnedLogWarning } from '../../../src/main/sqlite/scheduling/pool-options.ts'
import { InvalidOptionError } from '../../../src/shared/data-dir-error.ts'
import { isFree } from '../../support/processes.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { lineMigrations as migrations, type LineSchema as Schema } from '../line-schema.ts'
import { openPlainDatabase } from '../plain-database.ts'

const second: Migrations = {
  '002-index': { up: (db) => db.schema.createIndex('i').on('line').column('id').execute() },
}

const countOf = (path: string) =>
  openPlainDatabase(path).connection.prepare('select count(*) from line').pluck().get()

afterEach(resetPools)

describe.each(['threads', 'inline'] as const)('with mode %s', (mode) => {
  test('a pool is backed up while it is read and written', async () => {
    const dir = temporaryDirectory()
    const { db, backup } = await connect<Schema>({ dir, migrations, mode })
    const to = join(dir, 'copy.db')
    const seen: BackupProgress[] = []
    let ended = false
    const made = backup(to, { onProgress: (progress) => seen.push(progress) }).finally(() => {
      ended = true
    })
    let writes = 0
    for (; !ended; writes++) {
      await db
        .insertInto('line')
        .values({ id: 10_000 + writes, text: 'meanwhile' })
        .execute()
      await sleep(1)
    }
    await made
    expect(writes).toBeGreaterThan(1)
    expect(seen.length).toBeGreaterThan(10)
    expect(countOf(to)).toBeGreaterThanOrEqual(5000)
  })

  test('a backup waits for a transaction that stays open, and has all of it', async () => {
    const dir = temporaryDirectory()
    const { db, backup } = await connect<Schema>({ dir, migrations, mode })
    const to = join(dir, 'copy.db')
    const goOn = new AbortController()
    const transacted = db.transaction().execute(async (transaction) => {
      await transaction.insertInto('line').values({ id: 10_000, text: 'first half' }).execute()
      // Inside, a backup would wait for itself.
      await thrownBy(NestedQueryError, () => backup(to))
      await new Promise((resolve) => goOn.signal.addEventListener('abort', resolve))
      await transaction.insertInto('line').values({ id: 10_001, text: 'second half' }).execute()
    })
    const made = backup(to)
    await sleep(300)
    expect(existsSync(to)).toBe(false)
    goOn.abort()
    await Promise.all([transacted, made])
    expect(countOf(to)).toBe(5002)
  })

  test('closing cancels a backup and removes its unfinished file before the lock is released', async () => {
    const dir = temporaryDirectory()
    const { backup } = await connect<Schema>({ dir, migrations, mode })
    const to = join(dir, 'copy.db')
    const failed = thrownBy(BackupFailedError, () => backup(to))
    await vi.waitFor(() => expect(readdirSync(dir).some((name) => name.includes('partial'))).toBe(true), {
      interval: 1,
    })
    await release(dir)
    expect((await failed).reason).toBe('aborted')
    expect(readdirSync(dir).sort()).toEqual(['app.db', 'app.db-checkpoint', 'app.lock'])
    expect(isFree(join(dir, 'app.lock'))).toBe(true)
  })

  test('a signal cancels a backup', async () => {
    const dir = temporaryDirectory()
    const { backup } = await connect<Schema>({ dir, migrations, mode })
    const canceling = new AbortController()
    const onProgress = () => canceling.abort()
    const error = await thrownBy(BackupFailedError, () =>
      backup(join(dir, 'copy.db'), { signal: canceling.signal, onProgress }),
    )
    expect(error.reason).toBe('aborted')
    expect(readdirSync(dir).filter((name) => name.startsWith('copy'))).toEqual([])
  })

  test('a backup of a pool fails with the same errors as a backup of a plain connection', async () => {
    const dir = temporaryDirectory()
    const { backup } = await connect<Schema>({ dir, migrations, mode })
    await thrownBy(InvalidOptionError, () => backup(join(dir, 'app.db')))
    const missing = join(dir, 'missing', 'copy.db')
    expect(await thrownBy(BackupFailedError, () => backup(missing))).toMatchObject({
      path: missing,
      reason: 'failed',
    })
  })

  test('a damaged database is restored if the app chooses that, and the damaged file is kept', async () => {
    const dir = temporaryDirectory()
    const path = join(dir, 'app.db')
    await connect({ dir, migrations, mode })
    await release(dir)
    await connect({ dir, migrations: { ...migrations, ...second }, mode })
    await release(dir)
    const bytes = readFileSync(path).fill('rubbish', 0, 4096)
    writeFileSync(path, bytes)
    const all = { ...migrations, ...second }
    const error = await thrownBy(NotADatabaseError, () => connect({ dir, migrations: all, mode }))
    expect(error.newestBackup?.path).toBe(listBackups(path)[0]?.path)
    expect(isFree(join(dir, 'app.lock'))).toBe(true)
    const { db } = await connect<Schema>({ dir, migrations: all, mode, onDamaged: 'restore' })
    expect(await db.selectFrom('line').select('id').execute()).toHaveLength(5000)
    const aside = readdirSync(dir).filter((name) => /^app\.db\.damaged-.+Z$/.test(name))
    expect(aside).toHaveLength(1)
    expect(readFileSync(join(dir, aside[0] ?? '')).equals(bytes)).toBe(true)
  })

  test('damage that only a check of all pages finds is found if the app asks for that check', async () => {
    const dir = temporaryDirectory()
    const path = join(dir, 'app.db')
    await connect({ dir, migrations, mode })
    await release(dir)
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.fill(0xff, bytes.length - 4096 * 100, bytes.length - 4096 * 90))
    await connect({ dir, migrations, mode })
    await release(dir)
    await thrownBy(NotADatabaseError, () => connect({ dir, migrations, mode, checkOnOpen: true }))
    // A copy of damage is no backup: a migration does not begin.
    await thrownBy(NotADatabaseError, () => connect({ dir, migrations: { ...migrations, ...second }, mode }))
    expect(listBackups(path)).toEqual([])
  })

  test('canceling an open in a migration undoes the migration and releases the lock', async () => {
    const dir = temporaryDirectory()
    await connect({ dir, migrations, mode })
    await release(dir)
    const canceling = new AbortController()
    const endless: Migrations = {
      ...migrations,
      '002-endless': {
        async up(db: Kysely<unknown>) {
          for (let id = 10_000; ; id++) {
            await sql`insert into line values (${id}, 'again')`.execute(db)
            if (id === 10_050) canceling.abort()
          }
        },
      },
    }
    await thrownBy(MigrationAbortedError, () =>
      connect({ dir, migrations: endless, mode, signal: canceling.signal }),
    )
    expect(isFree(join(dir, 'app.lock'))).toBe(true)
    expect(countOf(join(dir, 'app.db'))).toBe(5000)
  })
})

test('the newest backup is restored by hand, but not under an open pool', async () => {
  const dir = temporaryDirectory()
  await connect({ dir, migrations })
  await release(dir)
  const { db } = await connect<Schema>({ dir, migrations: { ...migrations, ...second } })
  await db.deleteFrom('line').execute()
  await thrownBy(DatabaseInUseError, () => restoreNewestBackup(dir))
  await release(dir)
  const { backup, setAside } = await restoreNewestBackup(dir)
  expect(backup.before).toBe('002-index')
  expect(countOf(setAside ?? '')).toBe(0)
  expect(countOf(join(dir, 'app.db'))).toBe(5000)
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test('the log of a pool is emptied in idle time, and a reader that pins it is reported', async () => {
  const dir = temporaryDirectory()
  const warnings: PinnedLogWarning[] = []
  const { db } = await connect<Schema>({ dir, migrations, onPinnedLog: (warning) => warnings.push(warning) })
  const walBytes = () => statSync(join(dir, 'app.db-wal'), { throwIfNoEntry: false })?.size ?? 0
  await vi.waitFor(() => expect(walBytes()).toBe(0), { timeout: 15_000 })
  const goOn = new AbortController()
  const reading = db
    .transaction()
    .setAccessMode('read only')
    .execute(async (transaction) => {
      await transaction.selectFrom('line').select('id').where('id', '=', 7).execute()
      await new Promise((resolve) => goOn.signal.addEventListener('abort', resolve))
    })
  await sleep(500)
  await sql`update line set text = 'changed'`.execute(db)
  await vi.waitFor(() => expect(warnings).not.toEqual([]), { timeout: 40_000 })
  expect(warnings[0]?.statements).toEqual(['select "id" from "line" where "id" = ?'])
  expect(warnings[0]?.pinnedMilliseconds).toBeGreaterThanOrEqual(10_000)
  goOn.abort()
  await reading
  await vi.waitFor(() => expect(walBytes()).toBe(0), { timeout: 15_000 })
}, 90_000)
