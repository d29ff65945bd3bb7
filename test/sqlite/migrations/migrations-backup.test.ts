import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { backUp } from '../../../src/main/sqlite/backup/backup.ts'
import {
  type KeepBackups,
  listBackups,
  newBackupPath,
} from '../../../src/main/sqlite/backup/backup-folder.ts'
import { BackupFailedError } from '../../../src/main/sqlite/errors/backup-errors.ts'
import { MigrationFailedError } from '../../../src/main/sqlite/errors/open-errors.ts'
import { backupFolderOf } from '../../../src/main/sqlite/files/backup-files.ts'
import {
  type MigrationProgress,
  type Migrations,
  migrate,
} from '../../../src/main/sqlite/migrations/migrations.ts'
import { backUpBeforeMigration } from '../../../src/main/sqlite/migrations/migrations-backup.ts'
import { connect, resetPools } from '../../../src/main/sqlite/pool.ts'
import { skip } from '../../support/skip.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { dump, openPlainDatabase } from '../plain-database.ts'
import { version1 as first, version2 as second } from './line-migrations.ts'

const third: Migrations = { ...second, '003-broken': { up: () => Promise.reject(new Error('no')) } }

afterEach(resetPools)

/** A database with one migration, and a function that makes the backup before the next. */
async function migrated() {
  const path = join(temporaryDirectory(), 'app.db')
  const { connection, db } = openPlainDatabase(path)
  await migrate(db, path, first)
  const make = (name: string, keep?: KeepBackups) =>
    backUpBeforeMigration(db, name, () => undefined, {
      databasePath: path,
      keep,
      copy: (to, options) => backUp(connection, to, options),
    })
  return { path, connection, make }
}

const beforesOf = (path: string) => listBackups(path).map(({ before }) => before)

/** A directory whose database version 1 of an app has left. */
async function withVersion1(dir = temporaryDirectory()): Promise<string> {
  const pool = await connect({ dir, migrations: first, mode: 'inline' })
  await pool.close()
  return dir
}

test('a backup is made before the first pending migration of a database that has tables', async () => {
  const dir = temporaryDirectory()
  const path = join(dir, 'app.db')
  await withVersion1(dir)
  expect(listBackups(path)).toEqual([])
  const before = dump(openPlainDatabase(path).connection)
  const error = await thrownBy(MigrationFailedError, () => connect({ dir, migrations: third }))
  const [backup, ...others] = listBackups(path)
  expect(others).toEqual([])
  expect(backup).toMatchObject({
    path: error.backupPath,
    before: '002-column',
    kind: 'before-migration',
    number: 1,
  })
  expect(error.message).toContain(backup?.path)
  expect(dump(openPlainDatabase(backup?.path ?? '').connection)).toBe(before)
  await connect({ dir, migrations: second })
  expect(listBackups(path)).toHaveLength(1)
})

test('the newest three backups are kept, or as many as the app chooses', async () => {
  const { path, make } = await migrated()
  for (const name of ['3', '4', '5', '6/with: a slash']) await make(name)
  expect(beforesOf(path)).toEqual(['6_with__a_slash', '5', '4'])
  await make('7', 1)
  expect(beforesOf(path)).toEqual(['7'])
  expect(await make('8', 0)).toBeUndefined()
  expect(await make('8', { count: 0 })).toBeUndefined()
  expect(listBackups(path)).toHaveLength(1)
})

test('backups are also kept by their bytes, and the newest one is always kept', async () => {
  const { path, make } = await migrated()
  await make('1')
  const { size } = statSync(listBackups(path)[0]?.path ?? '')
  for (const name of ['2', '3']) await make(name, { count: 9, bytes: 2 * size })
  expect(beforesOf(path)).toEqual(['3', '2'])
  await make('4', { bytes: 1 })
  expect(beforesOf(path)).toEqual(['4'])
})

test('the backup that was made last is the newest one, even with a wrong clock or names of earlier versions', async () => {
  const { path, make } = await migrated()
  mkdirSync(backupFolderOf(path))
  const future = ['2099-01-01T00-00-00.000Z-before-a.db', '2099-01-02T00-00-00.000Z-before-b.db']
  for (const name of future) writeFileSync(join(backupFolderOf(path), name), '')
  writeFileSync(newBackupPath(path, 'c', new Date('2099-01-03T00:00:00.000Z')), '')
  const made = (await make('d', 2)) ?? ''
  expect(existsSync(made)).toBe(true)
  expect(basename(made)).toMatch(/^000002-/)
  expect(beforesOf(path)).toEqual(['d', 'c'])
})

test('files with other names are not backups, and are not removed', async () => {
  const { path, make } = await migrated()
  mkdirSync(backupFolderOf(path))
  const names = [
    'notes.txt',
    '2026-99-99T99-99-99.999Z-before-a.db',
    '1-2026-01-01T00-00-00.000Z-before-a.db',
  ]
  for (const name of names) writeFileSync(join(backupFolderOf(path), name), '')
  await make('d', 1)
  expect(beforesOf(path)).toEqual(['d'])
  expect(readdirSync(backupFolderOf(path))).toEqual(expect.arrayContaining(names))
})

test.each(['inline', 'threads'] as const)(
  'progress has bytes from the beginning of the backup: %s',
  async (mode) => {
    const dir = await withVersion1()
    const seen: MigrationProgress[] = []
    const pool = await connect({
      dir,
      mode,
      migrations: second,
      onMigrationProgress: (progress) => seen.push(progress),
    })
    await pool.close()
    // On a filesystem that clones files there is nothing to copy.
    const isCloned = seen[0]?.phase === 'check'
    const totalBytes = seen[0]?.totalBytes ?? 0
    expect(totalBytes).toBeGreaterThan(10_000_000)
    const common = { migration: '002-column', total: 1 }
    expect(seen[0]).toEqual({
      ...common,
      phase: isCloned ? 'check' : 'backup',
      done: 0,
      doneBytes: 0,
      totalBytes,
    })
    expect(seen.slice(-3)).toEqual([
      { ...common, phase: 'check', done: 0, doneBytes: 0, totalBytes },
      { ...common, phase: 'migrate', done: 0 },
      { ...common, phase: 'migrate', done: 1 },
    ])
    const copied = seen.filter(({ phase }) => phase === 'backup').map(({ doneBytes = 0 }) => doneBytes)
    expect(copied).toEqual([...copied].sort((a, b) => a - b))
    if (!isCloned) expect(copied.at(-1)).toBe(totalBytes)
  },
)

test('an error that the progress callback throws during the backup is the error of the open', async () => {
  const dir = await withVersion1()
  const mine = new Error('mine')
  const onMigrationProgress = ({ phase }: MigrationProgress) => {
    if (phase === 'check') throw mine
  }
  await expect(connect({ dir, migrations: second, onMigrationProgress })).rejects.toBe(mine)
  expect(readdirSync(join(dir, 'app.backups'))).toEqual([])
})

/** A folder for backups on a disk with one megabyte. */
function mountSmall(dir: string): void {
  const small = join(dir, 'app.backups')
  mkdirSync(small)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small])
  onTestFinished(() => void spawnSync('umount', [small]))
}

test('without space for a backup, nothing is copied, and the error has the number of missing bytes', async (ctx) => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) skip(ctx, 'only root can mount a small disk')
  const dir = await withVersion1()
  mountSmall(dir)
  const before = dump(openPlainDatabase(join(dir, 'app.db')).connection)
  const asked: BackupFailedError[] = []
  const seen: MigrationProgress[] = []
  const opened = connect({
    dir,
    migrations: second,
    onBackupFailed: async (error) => {
      asked.push(error)
      return 'fail' as const
    },
    onMigrationProgress: (progress) => seen.push(progress),
  })
  const error = await thrownBy(BackupFailedError, () => opened)
  expect(asked).toEqual([error])
  expect(error.reason).toBe('no-space')
  expect(error.missingBytes).toBeGreaterThan(20_000_000)
  expect(error.summary).toMatch(/no space left on the disk; \d+\.\d MB more are needed\.$/)
  expect(seen.map(({ doneBytes }) => doneBytes)).toEqual([0])
  expect(dump(openPlainDatabase(join(dir, 'app.db')).connection)).toBe(before)
})

test('the app can try again, or continue without a backup', async (ctx) => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) skip(ctx, 'only root can mount a small disk')
  const dir = await withVersion1()
  mountSmall(dir)
  const retried = await connect({
    dir,
    migrations: second,
    onBackupFailed: () => {
      execFileSync('umount', [join(dir, 'app.backups')])
      return 'retry'
    },
  })
  await retried.close()
  expect(beforesOf(join(dir, 'app.db'))).toEqual(['002-column'])
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', join(dir, 'app.backups')])
  const answers = ['retry', 'skip'] as const
  let asked = 0
  const error = await thrownBy(MigrationFailedError, () =>
    connect({ dir, migrations: third, onBackupFailed: () => answers[asked++] ?? 'fail' }),
  )
  expect(asked).toBe(2)
  expect(error.backupPath).toBeUndefined()
})

test('if there is a file in the place of the backup folder, the backup fails', async () => {
  const dir = await withVersion1()
  writeFileSync(join(dir, 'app.backups'), 'a file')
  utimesSync(join(dir, 'app.backups'), 1, 1)
  const error = await thrownBy(BackupFailedError, () => connect({ dir, migrations: second }))
  expect(error).toMatchObject({ reason: 'failed', path: join(dir, 'app.backups') })
  const mine = new Error('mine')
  const onBackupFailed = () => Promise.reject(mine)
  await expect(connect({ dir, migrations: second, onBackupFailed })).rejects.toBe(mine)
  const pool = await connect({ dir, migrations: second, onBackupFailed: () => 'skip' })
  await pool.close()
  expect(statSync(join(dir, 'app.backups')).mtimeMs).toBe(1000)
})
