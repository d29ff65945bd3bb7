import { mkdirSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import SqliteDatabase, { type Database } from 'better-sqlite3'
import { expect, onTestFinished, test, vi } from 'vitest'
import { checkpoint } from '../../../src/main/sqlite/housekeeping/checkpoint.ts'
import { Housekeeping, type PinnedLog } from '../../../src/main/sqlite/housekeeping/housekeeping.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { openPlainDatabase } from '../plain-database.ts'

function open() {
  const path = join(temporaryDirectory(), 'app.db')
  const { connection } = openPlainDatabase(path)
  connection.exec('create table line (id integer primary key, text); create index by_text on line (text)')
  return { path, connection, walBytes: () => statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0 }
}

function write(connection: Database, rows: number): void {
  const insert = connection.prepare('insert into line (text) values (?)')
  connection.transaction(() => {
    for (let n = 0; n < rows; n++) insert.run(String(n).padStart(1000, 'x'))
  })()
}

/** A second connection with a read transaction that it keeps: what pins a log. */
function startReading(path: string): Database {
  const reader = new SqliteDatabase(path, { readonly: true })
  onTestFinished(() => void reader.close())
  reader.exec('begin')
  reader.prepare('select count(*) from line').get()
  return reader
}

test('the log is emptied once the connection has been idle, not before', async () => {
  const { connection, walBytes } = open()
  const housekeeping = new Housekeeping(connection, { idleMilliseconds: 300 })
  onTestFinished(() => housekeeping.close())
  write(connection, 50)
  housekeeping.touch()
  expect(walBytes()).toBeGreaterThan(0)
  await vi.waitFor(() => expect(walBytes()).toBe(0), 10_000)
})

test('a log that cannot be emptied is tried after a second without requests, and then every 2 s', () => {
  const { connection } = open()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const attempt = vi.fn(() => undefined)
  const housekeeping = new Housekeeping(connection, { guard: { isLost: false, checkpoint: attempt } })
  onTestFinished(() => housekeeping.close())
  write(connection, 50)
  vi.advanceTimersByTime(1_000)
  expect(attempt).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(30_000)
  expect(attempt).toHaveBeenCalledTimes(16)
})

test('a log that has become too large is emptied although the connection is never idle', async () => {
  const { connection, walBytes } = open()
  const housekeeping = new Housekeeping(connection, { walLimitBytes: 100_000, idleMilliseconds: 200 })
  const busy = setInterval(() => housekeeping.touch(), 20)
  onTestFinished(() => clearInterval(busy))
  onTestFinished(() => housekeeping.close())
  write(connection, 10)
  await sleep(500)
  expect(walBytes()).toBeGreaterThan(0)
  write(connection, 500)
  await vi.waitFor(() => expect(walBytes()).toBe(0), 10_000)
})

test('a truncating checkpoint does not wait for a reader, and reports that it was busy', () => {
  const { path, connection } = open()
  const reader = startReading(path)
  write(connection, 50)
  connection.pragma('busy_timeout = 30000')
  const begun = performance.now()
  expect(checkpoint(connection, 'truncate')).toMatchObject({ busy: true })
  expect(performance.now() - begun).toBeLessThan(10_000)
  expect(connection.pragma('busy_timeout', { simple: true })).toBe(30_000)
  reader.exec('commit')
  expect(checkpoint(connection, 'truncate')).toEqual({ busy: false, walPages: 0, checkpointedPages: 0 })
})

test('no checkpoint is tried inside a transaction', () => {
  const { connection } = open()
  connection.exec('begin immediate')
  expect(checkpoint(connection, 'passive')).toBeUndefined()
  connection.exec('rollback')
})

test('a reader that keeps the log from being emptied is reported repeatedly until it ends', async () => {
  const { path, connection, walBytes } = open()
  const reports: PinnedLog[] = []
  const housekeeping = new Housekeeping(connection, {
    idleMilliseconds: 20,
    pinnedAfterMilliseconds: 100,
    onPinned: (log) => reports.push(log),
  })
  onTestFinished(() => housekeeping.close())
  const reader = startReading(path)
  write(connection, 50)
  housekeeping.touch()
  await vi.waitFor(() => expect(reports.length).toBeGreaterThan(1), 10_000)
  expect(reports[0]?.walBytes).toBe(walBytes())
  expect(reports[0]?.pinnedMilliseconds).toBeGreaterThanOrEqual(100)
  expect(reports[1]?.pinnedMilliseconds).toBeGreaterThan(reports[0]?.pinnedMilliseconds ?? 0)
  reader.exec('commit')
  await vi.waitFor(() => expect(walBytes()).toBe(0), 10_000)
  const before = reports.length
  await sleep(300)
  expect(reports).toHaveLength(before)
})

test('the log is emptied after a stream on the connection itself has ended', async () => {
  const { connection, walBytes } = open()
  const housekeeping = new Housekeeping(connection, { idleMilliseconds: 20 })
  onTestFinished(() => housekeeping.close())
  write(connection, 50)
  const rows = connection.prepare('select * from line').iterate()
  rows.next()
  housekeeping.touch()
  await sleep(200)
  expect(walBytes()).toBeGreaterThan(0)
  rows.return?.()
  await vi.waitFor(() => expect(walBytes()).toBe(0), 10_000)
})

test('a reader that does not keep the log from being moved is not reported', async () => {
  const { path, connection } = open()
  const reports: PinnedLog[] = []
  const housekeeping = new Housekeeping(connection, {
    idleMilliseconds: 20,
    pinnedAfterMilliseconds: 50,
    onPinned: (log) => reports.push(log),
  })
  onTestFinished(() => housekeeping.close())
  write(connection, 50)
  startReading(path)
  housekeeping.touch()
  await sleep(500)
  expect(reports).toEqual([])
})

test('if the size of the log cannot be read, it is read again later', async () => {
  const parent = temporaryDirectory()
  const dir = join(parent, 'data')
  mkdirSync(dir)
  const { connection } = openPlainDatabase(join(dir, 'app.db'))
  connection.exec('create table line (id integer primary key, text)')
  const housekeeping = new Housekeeping(connection, { idleMilliseconds: 20 })
  onTestFinished(() => housekeeping.close())
  write(connection, 50)
  renameSync(dir, join(parent, 'moved'))
  // Any way through it is ELOOP.
  symlinkSync('data', dir)
  housekeeping.touch()
  await sleep(200)
  rmSync(dir)
  renameSync(join(parent, 'moved'), dir)
  await vi.waitFor(() => expect(statSync(join(dir, 'app.db-wal')).size).toBe(0), 10_000)
})

test('after writes are refused, the files are not changed', async () => {
  const { connection, walBytes } = open()
  const housekeeping = new Housekeeping(connection, { idleMilliseconds: 20 })
  write(connection, 50)
  connection.pragma('query_only = on')
  housekeeping.touch()
  await sleep(200)
  housekeeping.close()
  expect(walBytes()).toBeGreaterThan(0)
})

test('closing leaves statistics for the query planner and an empty log', () => {
  const { connection, walBytes } = open()
  const housekeeping = new Housekeeping(connection)
  write(connection, 5000)
  connection.prepare('select count(*) from line where text = ?').get('x')
  housekeeping.close()
  expect(
    connection.prepare("select count(*) from sqlite_stat1 where tbl = 'line'").pluck().get(),
  ).toBeGreaterThan(0)
  expect(walBytes()).toBe(0)
})
