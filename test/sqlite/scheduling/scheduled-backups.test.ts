import { copyFileSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { listBackups, newBackupPath } from '../../../src/main/sqlite/backup/backup-folder.ts'
import { isGoodBackup } from '../../../src/main/sqlite/backup/check-backup.ts'
import { backupFolderOf, listRescued } from '../../../src/main/sqlite/files/backup-files.ts'
import { connect, resetPools } from '../../../src/main/sqlite/pool.ts'
import type { DataDirWarning } from '../../../src/shared/data-dir-warning.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { lineMigrations as migrations, type LineSchema as Schema } from '../line-schema.ts'
import { openPlainDatabase } from '../plain-database.ts'

const day = 86_400_000

afterEach(resetPools)

function opened(options: Partial<Parameters<typeof connect>[0]> = {}) {
  const dir = options.dir ?? temporaryDirectory()
  return connect<Schema>({ dir, migrations, ...options })
}

/** A data directory with a database. A missing one next to backups would be lost data. */
async function usedBefore() {
  const { dir, databasePath: path, close } = await opened()
  await close()
  return { dir, path }
}

const kindsOf = (path: string) => listBackups(path).map(({ kind }) => kind)

describe.each(['threads', 'inline'] as const)('with mode %s', (mode) => {
  test('a backup that is due is made, whole and checked, and the next one is not due yet', async () => {
    const { databasePath } = await opened({ mode, backupEvery: day })
    await vi.waitUntil(() => listBackups(databasePath).length > 0, { timeout: 20_000 })
    const [backup] = listBackups(databasePath)
    expect(backup).toMatchObject({ kind: 'scheduled', before: undefined, number: 1 })
    expect(Math.abs(Date.now() - Number(backup?.madeAt))).toBeLessThan(60_000)
    expect(isGoodBackup(backup?.path ?? '')).toBe(true)
    const { connection } = openPlainDatabase(backup?.path ?? '')
    expect(connection.prepare('select count(*) from line').pluck().get()).toBe(5000)
    await sleep(600)
    expect(kindsOf(databasePath)).toEqual(['scheduled'])
  })

  test('closing cancels a backup that is under way and leaves nothing of it', async () => {
    const pool = await opened({ mode, backupEvery: day })
    const folder = backupFolderOf(pool.databasePath)
    const names = () => {
      try {
        return readdirSync(folder)
      } catch {
        return []
      }
    }
    await vi.waitUntil(() => names().length > 0, { timeout: 20_000, interval: 1 })
    await pool.close()
    expect(names().filter((name) => name.includes('partial'))).toEqual([])
  })
})

test('each kind of backup is kept by its own number', async () => {
  const { dir, path } = await usedBefore()
  mkdirSync(backupFolderOf(path))
  const old = new Date(Date.now() - 2 * day)
  for (const before of ['1', undefined, undefined]) writeFileSync(newBackupPath(path, before, old), '')
  await opened({ dir, backupEvery: day, keepBackups: 1 })
  await vi.waitUntil(() => listBackups(path).length === 2, { timeout: 20_000 })
  expect(listBackups(path)).toMatchObject([
    { kind: 'scheduled', number: 4 },
    { kind: 'before-migration', before: '1' },
  ])
})

test.each([
  ['one of an hour ago is new enough', -3_600_000, 1],
  ['one of yesterday is not', -day, 2],
  ['one of tomorrow is not', day, 2],
])('%s', async (_, offset, expected) => {
  const { dir, path } = await usedBefore()
  mkdirSync(backupFolderOf(path))
  writeFileSync(newBackupPath(path, 'x', new Date(Date.now() + offset)), '')
  await opened({ dir, backupEvery: day })
  if (expected > 1) await vi.waitUntil(() => listBackups(path).length === expected, { timeout: 20_000 })
  // The first look comes after a quarter of a second.
  else await sleep(1_000)
  expect(listBackups(path)).toHaveLength(expected)
})

test('a backup begins only when the app does not use the database', async () => {
  const { databasePath, db } = await opened({ backupEvery: day })
  await db.transaction().execute(async (transaction) => {
    await transaction.updateTable('line').set({ text: 'x' }).where('id', '=', 1).execute()
    // Two looks.
    await sleep(2_500)
    expect(kindsOf(databasePath)).toEqual([])
  })
  await vi.waitUntil(() => listBackups(databasePath).length > 0, { timeout: 20_000 })
})

test('an app that never stops writing gets its backup when it is overdue', async () => {
  const { databasePath, db } = await opened({ backupEvery: 1_000, keepBackups: 1 })
  for (const start = performance.now(); performance.now() - start < 20_000; ) {
    await db.updateTable('line').set({ text: 'x' }).where('id', '=', 1).execute()
    if (listBackups(databasePath).length > 0) break
    await sleep(10)
  }
  expect(kindsOf(databasePath)).toEqual(['scheduled'])
})

test('no backup is made of a file that took the place of the database, also without the lock', async () => {
  process.env.APP_SKIP_DATADIR_LOCK = '1'
  onTestFinished(() => void delete process.env.APP_SKIP_DATADIR_LOCK)
  const { databasePath } = await opened({ backupEvery: 3_000, keepBackups: 1 })
  await vi.waitUntil(() => listBackups(databasePath).length > 0, { timeout: 20_000 })
  const made = readdirSync(backupFolderOf(databasePath))
  const [backup] = listBackups(databasePath)
  // The file that replaces it is a sound database.
  copyFileSync(backup?.path ?? '', `${databasePath}.new`)
  renameSync(`${databasePath}.new`, databasePath)
  const isRescued = () => listRescued(databasePath).length > 0
  await vi.waitUntil(isRescued, { timeout: 20_000 })
  await sleep(4_000)
  expect(readdirSync(backupFolderOf(databasePath))).toEqual(made)
})

test('a backup that cannot be made is a warning, and the app goes on', async () => {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'app.backups'), 'a file')
  const warnings: DataDirWarning[] = []
  const onWarning = (warning: DataDirWarning) => warnings.push(warning)
  const { db, databasePath } = await opened({ dir, backupEvery: day, onWarning })
  const ours = () => warnings.filter(({ code }) => code === 'DATADIR_SCHEDULED_BACKUP_FAILED')
  await vi.waitUntil(() => ours().length > 0, { timeout: 20_000 })
  expect(ours()).toMatchObject([{ path: databasePath, message: expect.stringContaining('app.backups') }])
  expect(await db.selectFrom('line').select('id').where('id', '=', 1).execute()).toEqual([{ id: 1 }])
})
