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
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import SqliteDatabase, { type Database } from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { type BackupProgress, backUp } from '../../../src/main/sqlite/backup/backup.ts'
import { isGoodBackup } from '../../../src/main/sqlite/backup/check-backup.ts'
import { BackupFailedError } from '../../../src/main/sqlite/errors/backup-errors.ts'
import { InvalidOptionError } from '../../../src/shared/data-dir-error.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { dump, openPlainDatabase } from '../plain-database.ts'

/** A database of some two thousand pages: twenty steps of a backup. */
function openFilled() {
  const dir = temporaryDirectory()
  const path = join(dir, 'app.db')
  const { connection } = openPlainDatabase(path)
  connection.exec('create table line (id integer primary key, text)')
  const insert = connection.prepare('insert into line (text) values (?)')
  connection.transaction(() => {
    for (let n = 0; n < 2000; n++) insert.run(String(n).padStart(4000, 'x'))
  })()
  return { dir, path, connection, to: join(dir, 'copy.db') }
}

test('a backup is one whole file that any SQLite program can open, and no other file is left', async () => {
  const { dir, connection, to } = openFilled()
  await backUp(connection, to)
  expect(readdirSync(dir).sort()).toEqual(['app.db', 'app.db-shm', 'app.db-wal', 'copy.db'])
  expect(statSync(to).mode & 0o777).toBe(0o600)
  expect(isGoodBackup(to)).toBe(true)
  expect(readdirSync(dir)).not.toContain('copy.db-wal')
  expect(dump(openPlainDatabase(to).connection)).toBe(dump(connection))
})

test('progress comes in steps and ends with all pages', async () => {
  const { connection, to } = openFilled()
  const seen: BackupProgress[] = []
  await backUp(connection, to, { onProgress: (progress) => seen.push(progress) })
  const pages = connection.pragma('page_count', { simple: true }) as number
  const bytes = pages * 4096
  expect(seen.length).toBeGreaterThan(15)
  expect(seen.at(-1)).toEqual({
    copiedPages: pages,
    totalPages: pages,
    copiedBytes: bytes,
    totalBytes: bytes,
  })
  const copied = seen.map(({ copiedPages }) => copiedPages)
  expect(copied).toEqual([...copied].sort((a, b) => a - b))
})

test('the backup has what its connection writes while it runs, and no write waits for its end', async () => {
  const { connection, to } = openFilled()
  let ended = false
  const made = backUp(connection, to).finally(() => {
    ended = true
  })
  let writes = 0
  for (; !ended; writes++) {
    connection.prepare('insert into line (text) values (?)').run('meanwhile')
    await nextTurn()
  }
  await made
  expect(writes).toBeGreaterThan(10)
  const count = (of: Database) =>
    of.prepare("select count(*) from line where text = 'meanwhile'").pluck().get()
  const copied = count(openPlainDatabase(to).connection)
  expect(copied).toBeGreaterThan(10)
  expect(copied).toBeLessThanOrEqual(writes)
})

test('a backup waits for a transaction of its connection, and has all of it', async () => {
  const { connection, to } = openFilled()
  connection.exec("begin immediate; insert into line (text) values ('first half')")
  const made = backUp(connection, to)
  for (let turn = 0; turn < 20; turn++) await nextTurn()
  expect(existsSync(to)).toBe(false)
  connection.exec("insert into line (text) values ('second half'); commit")
  await made
  const halves = openPlainDatabase(to)
    .connection.prepare("select text from line where text like '%half'")
    .pluck()
  expect(halves.all()).toEqual(['first half', 'second half'])
})

test('if a transaction is rolled back while the backup runs, nothing of it is in the backup', async () => {
  const { connection, to } = openFilled()
  let begun = false
  await backUp(connection, to, {
    onProgress({ copiedPages }) {
      if (begun || copiedPages < 500) return
      begun = true
      connection.exec("begin immediate; update line set text = 'never'")
      setTimeout(() => connection.exec('rollback'), 50)
    },
  })
  expect(begun).toBe(true)
  expect(dump(openPlainDatabase(to).connection)).toBe(dump(connection))
})

test('a connection that only reads copies the database as it was at the beginning, while another one writes', async () => {
  const { connection, path, to } = openFilled()
  const before = dump(connection)
  const reader = new SqliteDatabase(path, { readonly: true })
  onTestFinished(() => void reader.close())
  let steps = 0
  await backUp(reader, to, {
    onProgress() {
      steps++
      connection.exec("insert into line (text) values ('meanwhile')")
    },
  })
  expect(steps).toBeLessThan(50)
  expect(reader.inTransaction).toBe(false)
  expect(dump(openPlainDatabase(to).connection)).toBe(before)
})

test('a canceled backup leaves nothing, and the file that was at its path stays', async () => {
  const { dir, connection, to } = openFilled()
  await backUp(connection, to)
  const before = readFileSync(to)
  const canceling = new AbortController()
  connection.exec("insert into line (text) values ('new')")
  const error = await thrownBy(BackupFailedError, () =>
    backUp(connection, to, {
      signal: canceling.signal,
      onProgress: ({ copiedPages }) => copiedPages > 500 && canceling.abort(),
    }),
  )
  expect(error).toMatchObject({ reason: 'aborted', path: to })
  expect(readFileSync(to).equals(before)).toBe(true)
  expect(readdirSync(dir).filter((name) => name.includes('partial'))).toEqual([])
})

test('a backup that is canceled before it begins, or while it waits for a transaction, does not begin', async () => {
  const { connection, to } = openFilled()
  await expect(backUp(connection, to, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    reason: 'aborted',
  })
  connection.exec('begin immediate')
  const signal = AbortSignal.timeout(50)
  await expect(backUp(connection, to, { signal })).rejects.toMatchObject({ reason: 'aborted' })
  connection.exec('rollback')
  expect(existsSync(to)).toBe(false)
})

test('a damaged database gives no backup, and the earlier one is kept', async () => {
  const { connection, path, to } = openFilled()
  await backUp(connection, to)
  const before = readFileSync(to)
  connection.pragma('wal_checkpoint(truncate)')
  connection.close()
  const bytes = readFileSync(path)
  bytes.fill(0xff, 4096 * 3, 4096 * 6)
  writeFileSync(path, bytes)
  const damaged = openPlainDatabase(path).connection
  const error = await thrownBy(BackupFailedError, () => backUp(damaged, to))
  expect(error.reason).toBe('damaged')
  expect(readFileSync(to).equals(before)).toBe(true)
})

test('the database cannot be backed up onto itself, under any of its names', async () => {
  const { dir, connection, path } = openFilled()
  connection.pragma('wal_checkpoint')
  symlinkSync(path, join(dir, 'alias.db'))
  connection.pragma('wal_checkpoint(truncate)')
  await thrownBy(InvalidOptionError, () => backUp(connection, join(dir, 'alias.db')))
  expect(statSync(path).size).toBeGreaterThan(4096)
})

test('the error names a folder that does not exist', async () => {
  const { dir, connection } = openFilled()
  const error = await thrownBy(BackupFailedError, () => backUp(connection, join(dir, 'missing', 'copy.db')))
  expect(error).toMatchObject({ reason: 'failed', path: join(dir, 'missing', 'copy.db') })
})

test('on a full disk, the error has the reason no-space, and nothing is left', async (ctx) => {
  const { dir, connection } = openFilled()
  const small = join(dir, 'small')
  mkdirSync(small)
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small])
  if (status !== 0) return ctx.skip('a filesystem of one megabyte cannot be mounted here')
  onTestFinished(() => void execFileSync('umount', [small]))
  const before = dump(connection)
  const error = await thrownBy(BackupFailedError, () => backUp(connection, join(small, 'copy.db')))
  expect(error.reason).toBe('no-space')
  expect(error.missingBytes).toBeGreaterThan(5_000_000)
  expect(readdirSync(small)).toEqual([])
  expect(dump(connection)).toBe(before)
})

test('an empty file, half a database and a text are not good backups', () => {
  const { dir, path, connection } = openFilled()
  connection.pragma('wal_checkpoint(truncate)')
  const half = readFileSync(path)
  for (const bytes of [Buffer.alloc(0), half.subarray(0, half.length / 2), Buffer.from('a text')]) {
    writeFileSync(join(dir, 'bad.db'), bytes)
    expect(isGoodBackup(join(dir, 'bad.db'))).toBe(false)
  }
  expect(isGoodBackup(join(dir, 'missing.db'))).toBe(false)
})
