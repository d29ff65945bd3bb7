import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { backUp } from '../../../src/main/sqlite/backup/backup.ts'
import { newBackupPath } from '../../../src/main/sqlite/backup/backup-folder.ts'
import { type Damage, openOrRestore } from '../../../src/main/sqlite/damaged.ts'
import { NoBackupError, RestoreFailedError } from '../../../src/main/sqlite/errors/backup-errors.ts'
import { NotADatabaseError } from '../../../src/main/sqlite/errors/open-errors.ts'
import { backupFolderOf } from '../../../src/main/sqlite/files/backup-files.ts'
import { Connector } from '../../../src/main/sqlite/open/connector.ts'
import { inlineFileTasks } from '../../../src/main/sqlite/repair/file-tasks.ts'
import { restoreNewest } from '../../../src/main/sqlite/repair/restore.ts'
import { skip } from '../../support/skip.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { openPlainDatabase } from '../plain-database.ts'

const rubbish = Buffer.from('not what it was, and longer than the header of a database '.repeat(20))

/** A database that was backed up twice, with one row the first time and two the second, and then three. */
async function backedUpDatabase() {
  const dir = temporaryDirectory()
  const path = join(dir, 'app.db')
  const { connection } = openPlainDatabase(path)
  connection.exec('create table line (text)')
  const backUpAs = async (migration: string, time: string) => {
    const to = newBackupPath(path, migration, new Date(time))
    connection.exec("insert into line values ('kept')")
    await backUp(connection, to)
    return to
  }
  const older = await backUpAs('002', '2026-01-02T03:04:05.678Z')
  const newer = await backUpAs('003', '2026-02-03T04:05:06.789Z')
  connection.exec("insert into line values ('new')")
  return { dir, path, connection, older, newer }
}

function rowsOf(path: string): unknown {
  const { connection } = openPlainDatabase(path)
  const count = connection.prepare('select count(*) from line').pluck().get()
  connection.close()
  return count
}

/** Leaves a log behind, as a crash does, and then damages the database. */
function damageWithLog(path: string, connection: Database): void {
  const log = readFileSync(`${path}-wal`)
  connection.close()
  writeFileSync(`${path}-wal`, log)
  writeFileSync(path, rubbish)
}

test('the newest backup replaces the damaged file, which is set aside with its log', async () => {
  const { dir, path, connection, newer } = await backedUpDatabase()
  damageWithLog(path, connection)
  const now = new Date('2026-03-04T05:06:07.890Z')
  const { backup, setAside } = restoreNewest(path, undefined, now)
  expect(backup).toEqual({
    path: newer,
    madeAt: new Date('2026-02-03T04:05:06.789Z'),
    kind: 'before-migration',
    before: '003',
    number: 2,
    isIndexDamaged: false,
  })
  expect(setAside).toBe(`${path}.damaged-2026-03-04T05-06-07.890Z`)
  expect(readFileSync(setAside ?? '').equals(rubbish)).toBe(true)
  expect(statSync(`${setAside}-wal`).size).toBeGreaterThan(0)
  expect(existsSync(`${path}-wal`)).toBe(false)
  expect(readFileSync(path).equals(readFileSync(newer))).toBe(true)
  expect(rowsOf(path)).toBe(2)
  expect(readdirSync(dir).filter((name) => name.includes('partial'))).toEqual([])
})

test('a backup in WAL mode, copied by hand, leaves no files behind', async () => {
  const { dir, path, connection } = await backedUpDatabase()
  connection.pragma('wal_checkpoint(truncate)')
  const byHand = newBackupPath(path, '004', new Date('2026-02-04T00:00:00.000Z'))
  writeFileSync(byHand, readFileSync(path))
  damageWithLog(path, connection)
  expect(restoreNewest(path).backup.path).toBe(byHand)
  expect(readdirSync(dir).filter((name) => name.includes('partial'))).toEqual([])
  expect(rowsOf(path)).toBe(3)
})

test('a backup that is damaged itself, or was never finished, is not restored', async () => {
  const { path, connection, older, newer } = await backedUpDatabase()
  damageWithLog(path, connection)
  writeFileSync(newer, readFileSync(newer).subarray(0, 5000))
  const unfinished = newBackupPath(path, '004', new Date('2026-02-04T00:00:00.000Z'))
  writeFileSync(`${unfinished}.partial-0123abcd`, readFileSync(older))
  writeFileSync(newBackupPath(path, '005', new Date('2026-02-05T00:00:00.000Z')), '')
  expect(restoreNewest(path).backup.path).toBe(older)
  expect(rowsOf(path)).toBe(1)
  expect(existsSync(`${unfinished}.partial-0123abcd`)).toBe(false)
})

test('without a good backup nothing is changed', async () => {
  const { path, connection, older, newer } = await backedUpDatabase()
  damageWithLog(path, connection)
  for (const backup of [older, newer]) writeFileSync(backup, rubbish)
  const error = await thrownBy(NoBackupError, () => restoreNewest(path))
  expect(error.path).toBe(backupFolderOf(path))
  expect(readFileSync(path).equals(rubbish)).toBe(true)
  expect(existsSync(`${path}-wal`)).toBe(true)
})

test('a file that was set aside before is never replaced', async () => {
  const { path, connection } = await backedUpDatabase()
  damageWithLog(path, connection)
  const now = new Date()
  const { setAside = '' } = restoreNewest(path, undefined, now)
  writeFileSync(path, 'damaged again')
  expect(() => restoreNewest(path, undefined, now)).toThrow('EEXIST')
  expect(readFileSync(setAside).equals(rubbish)).toBe(true)
  expect(readFileSync(path, 'utf8')).toBe('damaged again')
})

test('a database that is missing is restored too', async () => {
  const { path, connection } = await backedUpDatabase()
  connection.close()
  const folder = temporaryDirectory()
  mkdirSync(backupFolderOf(join(folder, 'app.db')))
  for (const name of readdirSync(backupFolderOf(path))) {
    writeFileSync(join(folder, 'app.backups', basename(name)), readFileSync(join(backupFolderOf(path), name)))
  }
  expect(restoreNewest(join(folder, 'app.db')).setAside).toBeUndefined()
  expect(rowsOf(join(folder, 'app.db'))).toBe(2)
})

function openChecked(path: string) {
  return async () => {
    if (readFileSync(path).equals(rubbish))
      throw new NotADatabaseError(path, new Error('file is not a database'))
    return rowsOf(path)
  }
}

test('a damaged database is kept and the error names its newest good backup, unless the app chooses otherwise', async () => {
  const { path, connection, newer } = await backedUpDatabase()
  damageWithLog(path, connection)
  const error = await thrownBy(NotADatabaseError, () =>
    openOrRestore(path, { onDamaged: 'keep', tasks: inlineFileTasks(Connector.plain) }, openChecked(path)),
  )
  expect(error.newestBackup?.path).toBe(newer)
  expect(error.remedy).toContain(newer)
  expect(readFileSync(path).equals(rubbish)).toBe(true)
})

test('the app is asked what to do about a damaged database, with the backup and the choices', async () => {
  const { path, connection, newer } = await backedUpDatabase()
  damageWithLog(path, connection)
  const asked: Damage[] = []
  const opened = openOrRestore(
    path,
    {
      onDamaged: async (damage) => {
        asked.push(damage)
        return 'restore' as const
      },
      tasks: inlineFileTasks(Connector.plain),
    },
    openChecked(path),
  )
  expect(await opened).toBe(2)
  expect(asked).toMatchObject([{ databasePath: path, newestBackup: { path: newer } }])
})

test('an app that gives no answer about a damaged database keeps it', async () => {
  const { path, connection } = await backedUpDatabase()
  damageWithLog(path, connection)
  const silent = (() => undefined) as unknown as () => 'keep'
  await thrownBy(NotADatabaseError, () =>
    openOrRestore(path, { onDamaged: silent, tasks: inlineFileTasks(Connector.plain) }, openChecked(path)),
  )
  expect(readFileSync(path).equals(rubbish)).toBe(true)
})

test('the app is not asked about a database that opens', async () => {
  const { path, connection } = await backedUpDatabase()
  connection.close()
  const never = () => {
    throw new Error('asked')
  }
  expect(
    await openOrRestore(
      path,
      { onDamaged: never, tasks: inlineFileTasks(Connector.plain) },
      openChecked(path),
    ),
  ).toBe(3)
})

test('without a good backup the app can start empty, and the damaged file is set aside', async () => {
  const { dir, path, connection, older, newer } = await backedUpDatabase()
  connection.close()
  for (const file of [path, older, newer]) writeFileSync(file, rubbish)
  const asked: Damage[] = []
  const onDamaged = (damage: Damage) => {
    asked.push(damage)
    return 'start-empty' as const
  }
  const open = async () => (existsSync(path) ? openChecked(path)() : 'new')
  expect(await openOrRestore(path, { onDamaged, tasks: inlineFileTasks(Connector.plain) }, open)).toBe('new')
  expect(asked).toMatchObject([{ kind: 'damaged', choices: ['keep', 'start-empty'] }])
  const [aside = ''] = readdirSync(dir).filter((name) => name.startsWith('app.db.set-aside-'))
  expect(readFileSync(join(dir, aside)).equals(rubbish)).toBe(true)
})

test('a restore on a full disk has the reason no-space, and the database stays in its place', async (ctx) => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) skip(ctx, 'only root can mount a small disk')
  const { dir, path, connection, newer } = await backedUpDatabase()
  connection.exec('create table large as select zeroblob(3000000)')
  await backUp(connection, newer)
  connection.close()
  const small = join(dir, 'small')
  mkdirSync(small)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small])
  onTestFinished(() => void spawnSync('umount', [small]))
  symlinkSync(backupFolderOf(path), join(small, 'app.backups'))
  writeFileSync(join(small, 'app.db'), rubbish)
  const error = await thrownBy(RestoreFailedError, () => restoreNewest(join(small, 'app.db')))
  expect(error).toMatchObject({ reason: 'no-space', path: join(small, 'app.db') })
  expect(error.summary).toContain('the disk is full')
  expect(readdirSync(small).sort()).toEqual(['app.backups', 'app.db'])
  expect(readFileSync(join(small, 'app.db')).equals(rubbish)).toBe(true)
})
