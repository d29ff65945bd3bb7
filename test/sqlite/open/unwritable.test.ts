import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest'
import { mountFilesystem } from '../../../chaos/filesystem.mjs'
import {
  BackupFailedError,
  NoBackupError,
  RestoreFailedError,
} from '../../../src/main/sqlite/errors/backup-errors.ts'
import { DatabaseOpenError, MigrationFailedError } from '../../../src/main/sqlite/errors/open-errors.ts'
import type { Migrations } from '../../../src/main/sqlite/migrations/migrations.ts'
import { connect } from '../../../src/main/sqlite/pool.ts'
import { restoreNewestBackup } from '../../../src/main/sqlite/restore-newest-backup.ts'
import { openAsOther, otherUser, runDatabaseScript } from '../../support/database-script.ts'
import { skip } from '../../support/skip.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'

const migrations: Migrations = {
  '001-note': { up: (db) => db.schema.createTable('note').addColumn('text', 'text').execute() },
}

function needsRoot(ctx: TestContext): void {
  const isRoot = process.platform === 'linux' && process.getuid?.() === 0
  if (!isRoot) skip(ctx, 'it takes root on Linux to be two users and to mount')
}

/** A data directory of another user, with a database, a log and shared memory, as a killed app leaves them. */
function directoryOfOther(): { dir: string; path: string } {
  const dir = join(temporaryDirectory(), 'data')
  mkdirSync(dir, { mode: 0o700 })
  const path = join(dir, 'app.db')
  const script = `
    const db = new (require('better-sqlite3'))(process.argv[1])
    db.exec("pragma journal_mode = wal; create table note (text); insert into note values ('first')")
    db.exec("create table kysely_migration (name varchar(255) not null primary key, timestamp varchar(255) not null)")
    db.exec("create table kysely_migration_lock (id varchar(255) not null primary key, is_locked integer not null default 0)")
    db.exec("insert into kysely_migration values ('001-note', '2026-01-01T00:00:00.000Z')")
    db.exec("insert into kysely_migration_lock values ('migration_lock', 0)")
    process.kill(process.pid, 'SIGKILL')`
  spawnSync(process.execPath, ['-e', script, path])
  writeFileSync(join(dir, 'app.lock'), '', { mode: 0o600 })
  execFileSync('chown', ['-R', `${otherUser}:${otherUser}`, dir])
  return { dir, path }
}

function contentOf(dir: string): Record<string, string> {
  const names = readdirSync(dir).filter((name) => name.startsWith('app.db'))
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(dir, name)).toString('base64')]))
}

interface Unwritable {
  readonly what: string
  spoil(dir: string): void
  /** What the remedy has to begin with. */
  readonly command: RegExp
  readonly code?: string
}

const root = (path: string) => chownSync(path, 0, 0)

const unwritable: Unwritable[] = [
  {
    what: 'a database of mode 444',
    spoil: (dir) => chmodSync(join(dir, 'app.db'), 0o444),
    command: /^chmod u\+rw \S+app\.db$/,
  },
  {
    what: 'a database of mode 000',
    spoil: (dir) => chmodSync(join(dir, 'app.db'), 0),
    command: /^chmod u\+rw \S+app\.db$/,
  },
  {
    what: 'a database of root',
    spoil: (dir) => root(join(dir, 'app.db')),
    command: /^sudo chown -R \S+ \S+data$/,
  },
  {
    what: 'a log of root',
    spoil: (dir) => root(join(dir, 'app.db-wal')),
    command: /^sudo chown -R \S+ \S+data$/,
  },
  {
    what: 'shared memory of root',
    spoil: (dir) => root(join(dir, 'app.db-shm')),
    command: /^sudo chown -R \S+ \S+data$/,
  },
  { what: 'a folder of mode 555', spoil: (dir) => chmodSync(dir, 0o555), command: /^chmod u\+rwX \S+data$/ },
  {
    what: 'a lock file of root',
    spoil: (dir) => root(join(dir, 'app.lock')),
    command: /^sudo chown -R \S+ \S+data$/,
    code: 'ERR_DATADIR_UNUSABLE',
  },
]

test.for(unwritable)('$what is refused, nothing changes, and the remedy helps', async (facts, ctx) => {
  needsRoot(ctx)
  const { code = 'ERR_DATADIR_DATABASE_OPEN' } = facts
  const { dir } = directoryOfOther()
  chmodSync(join(dir, '..'), 0o755)
  facts.spoil(dir)
  const before = contentOf(dir)
  const { said } = await runDatabaseScript(dir, openAsOther)
  expect(said).toMatchObject({
    code,
    reason: code === 'ERR_DATADIR_UNUSABLE' ? 'no-permission' : 'read-only',
  })
  expect(contentOf(dir)).toEqual(before)
  expect(said.message).toMatch(/ belongs to \S+ \(mode \d+\)/)
  const [, command = ''] = /Run `(?:sudo )?(.*)`\. Then try again\.$/.exec(String(said.remedy)) ?? []
  expect(String(said.remedy)).toMatch(
    new RegExp(`^Run \`${facts.command.source.slice(1, -1)}\`. Then try again.$`),
  )
  execFileSync('sh', ['-c', command])
  expect((await runDatabaseScript(dir, openAsOther)).said).toEqual({ code: 'open' })
})

test('a database that is protected against changes is refused, and the remedy helps', async (ctx) => {
  needsRoot(ctx)
  const { dir, path } = directoryOfOther()
  const { status } = spawnSync('chattr', ['+i', path])
  if (status !== 0) skip(ctx, 'the filesystem of the temporary folder has no immutable files')
  onTestFinished(() => void spawnSync('chattr', ['-i', path]))
  const error = await thrownBy(DatabaseOpenError, () => connect({ dir, migrations }))
  expect(error.summary).toContain(`${path} is protected against changes`)
  expect(error.remedy).toBe(`Run \`sudo chattr -i ${path}\`. Then try again.`)
  execFileSync('chattr', ['-i', path])
  await (await connect({ dir, migrations })).close()
})

test('a database on a read-only filesystem is refused, also to root', async (ctx) => {
  needsRoot(ctx)
  const { dir, path } = directoryOfOther()
  execFileSync('mount', ['--bind', path, path])
  onTestFinished(() => void execFileSync('umount', [path]))
  execFileSync('mount', ['-o', 'remount,bind,ro', path])
  const error = await thrownBy(DatabaseOpenError, () => connect({ dir, migrations }))
  expect(error).toMatchObject({ reason: 'read-only-filesystem', path })
  expect(error.remedy).toContain('Make the filesystem writable')
})

test('too many open files are reported as such', async (ctx) => {
  if (process.platform === 'win32') skip(ctx, 'Windows has no ulimit')
  const dir = temporaryDirectory()
  const { said } = await runDatabaseScript(
    dir,
    `
    import { openSync } from 'node:fs'
    const lock = acquireDataDirLock({ dir })
    try { for (;;) openSync('/dev/null') } catch {}
    say(await open())`,
    ['sh', '-c', 'ulimit -n 512; exec "$@"', 'sh'],
  )
  expect(said).toMatchObject({ code: 'ERR_DATADIR_DATABASE_OPEN', reason: 'too-many-files' })
  expect(said.remedy).toContain('Close other programs')
})

test('a folder in place of the database is reported as such', async () => {
  const dir = temporaryDirectory()
  mkdirSync(join(dir, 'app.db'))
  const error = await thrownBy(DatabaseOpenError, () => connect({ dir }))
  expect(error.reason).toBe('is-a-folder')
  expect(error.remedy).toContain('Move that folder away')
})

describe('a full disk', () => {
  const megabyte = 1024 * 1024

  /** A small filesystem. `fill` leaves so many bytes of it free. */
  function smallDisk(ctx: TestContext) {
    const mounted = mountFilesystem('tmpfs', temporaryDirectory(), 8 * megabyte)
    if (!('close' in mounted)) return skip(ctx, mounted.missing)
    onTestFinished(() => mounted.close())
    const ballast = join(mounted.dir, 'ballast')
    return {
      dir: join(mounted.dir, 'data'),
      fill(left: number) {
        const { bavail, bsize } = statfsSync(mounted.dir)
        const fd = openSync(ballast, 'a')
        const bytes = Buffer.alloc(Math.max(0, bavail * bsize - left))
        for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written)
        closeSync(fd)
      },
      empty: () => rmSync(ballast),
    }
  }

  test.for([0, 4_096, 16_384])(
    'with %i bytes left, the error of a first start has the reason no-space',
    async (left, ctx) => {
      const { dir, fill, empty } = smallDisk(ctx)
      mkdirSync(dir)
      fill(left)
      const error = await thrownBy(DatabaseOpenError, () => connect({ dir }))
      expect(error.reason).toBe('no-space')
      expect(error.remedy).toContain('Free some space')
      empty()
      await (await connect({ dir, migrations })).close()
    },
  )

  test('the error of a migration without space does not ask for a report, and the migration works when there is space', async (ctx) => {
    const { dir, fill, empty } = smallDisk(ctx)
    await (await connect({ dir, migrations })).close()
    const more: Migrations = {
      ...migrations,
      '002-much': {
        up: (db) => sql`insert into note values (randomblob(1000000))`.execute(db).then(() => undefined),
      },
    }
    fill(200_000)
    const error = await thrownBy(MigrationFailedError, () =>
      connect({ dir, migrations: more, keepBackups: 0 }),
    )
    expect(error.summary).toContain('the disk is full')
    expect(error.remedy).toContain('Free some space')
    empty()
    await (await connect({ dir, migrations: more, keepBackups: 0 })).close()
  })

  test('if there is no space to restore a backup, nothing is changed', async (ctx) => {
    const { dir, fill, empty } = smallDisk(ctx)
    const path = join(dir, 'app.db')
    const pool = await connect({ dir, migrations })
    mkdirSync(join(dir, 'app.backups'))
    const backup = join(dir, 'app.backups', '2026-03-01T09-00-00.000Z-before-002-search.db')
    await pool.backup(join(dir, 'copy.db'))
    renameSync(join(dir, 'copy.db'), backup)
    await pool.close()
    writeFileSync(path, readFileSync(path).fill('rubbish', 0, 4_096))
    const damaged = readFileSync(path)
    fill(0)
    for (const restore of [
      () => connect({ dir, migrations, onDamaged: 'restore' }),
      () => restoreNewestBackup(dir),
    ]) {
      const error = await thrownBy(RestoreFailedError, restore)
      expect(error).toMatchObject({ reason: 'no-space', path, backupPath: backup })
      expect(error.remedy).toContain('Free some space')
      expect(error.summary.split(backup)).toHaveLength(2)
      expect(readFileSync(path).equals(damaged)).toBe(true)
    }
    empty()
    await (await connect({ dir, migrations, onDamaged: 'restore' })).close()
  })
})

describe('the folder of the backups', () => {
  const more: Migrations = { ...migrations, '002-more': { up: async () => undefined } }

  test('a file in its place is an error of the backup, and moving it away helps', async () => {
    const dir = temporaryDirectory()
    await (await connect({ dir, migrations })).close()
    writeFileSync(join(dir, 'app.backups'), 'precious')
    const error = await thrownBy(BackupFailedError, () => connect({ dir, migrations: more }))
    expect(error).toMatchObject({ path: join(dir, 'app.backups'), cause: { code: 'ENOTDIR' } })
    expect(error.summary).toContain('there is a file where a folder should be')
    expect(error.remedy).toContain('Move that file away')
    rmSync(join(dir, 'app.backups'))
    await (await connect({ dir, migrations: more })).close()
  })

  test('a file in its place is reported before a damaged database is set aside', async () => {
    const dir = temporaryDirectory()
    writeFileSync(
      join(dir, 'app.db'),
      'a shopping list that is longer than the header of a database. '.repeat(20),
    )
    writeFileSync(join(dir, 'app.backups'), 'precious')
    const error = await thrownBy(NoBackupError, () => connect({ dir, onDamaged: 'restore' }))
    expect(error.summary).toContain('cannot be searched for backups')
    expect(error).toMatchObject({ path: join(dir, 'app.backups'), cause: { code: 'ENOTDIR' } })
  })

  test('a folder that belongs to root is an error of the backup', async (ctx) => {
    needsRoot(ctx)
    const { dir } = directoryOfOther()
    chmodSync(join(dir, '..'), 0o755)
    mkdirSync(join(dir, 'app.backups'), { mode: 0o700 })
    const { said } = await runDatabaseScript(
      dir,
      `
      migrations['002-more'] = { up: async () => undefined }
      ${openAsOther}`,
    )
    expect(said).toMatchObject({ code: 'ERR_DATADIR_BACKUP_FAILED', cause: 'EACCES' })
    expect(said.message).toContain(join(dir, 'app.backups'))
  })
})

test('an error that a callback throws is returned unchanged, also with the code of a full disk', async () => {
  const own = Object.assign(new Error('the app’s own disk is full'), { code: 'ENOSPC' })
  const dir = temporaryDirectory()
  const failing = () => {
    throw own
  }
  await expect(connect({ dir, migrations, onMigrationProgress: failing })).rejects.toBe(own)
  writeFileSync(
    join(dir, 'app.db'),
    'a shopping list that is longer than the header of a database. '.repeat(20),
  )
  rmSync(join(dir, 'app.db-wal'), { force: true })
  await expect(connect({ dir, migrations, onDamaged: failing })).rejects.toBe(own)
  await expect(connect({ dir, migrations, onDamaged: async () => failing() })).rejects.toBe(own)
})
