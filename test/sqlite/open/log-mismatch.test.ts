import { closeSync, openSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import {
  hasEveryPage,
  logAfter,
  readHeader,
  readLogFrames,
  sampledPages,
} from '../../../src/main/sqlite/files/file-format.ts'
import { mismatchOf, type Observation } from '../../../src/main/sqlite/open/log-mismatch.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const fine: Observation = {
  record: { phase: 'open', hasChanges: true },
  isInWalMode: true,
  log: 'frames',
  salts: 'recorded',
  database: 'as-recorded',
}
const closed = { phase: 'closed', hasChanges: false } as const
const checkpointing = { phase: 'checkpointing', hasChanges: true } as const

test.each<[string, Partial<Observation>, ReturnType<typeof mismatchOf>]>([
  ['what the owner left', {}, undefined],
  ['a checkpoint that was killed', { record: checkpointing, database: 'between' }, undefined],
  ['a database between two states without a checkpoint', { database: 'between' }, 'database-replaced'],
  ['a log of ours that another program has moved', { database: 'covered' }, undefined],
  ['one that it has started over then', { salts: 'next', database: 'before-log' }, undefined],
  ['and moved again', { salts: 'next', database: 'covered' }, undefined],
  [
    'another database under a log that continues ours',
    { salts: 'next', database: 'other' },
    'database-replaced',
  ],
  [
    'a log of another, moved, in the place of ours',
    { salts: 'other', database: 'covered' },
    'database-replaced',
  ],
  ['the same after a clean close', { record: closed, salts: 'other', database: 'covered' }, undefined],
  ['another database under a log of ours', { database: 'other' }, 'database-replaced'],
  ['one like the log under a log of ours', { database: 'like-log' }, 'database-replaced'],
  ['a log of another', { salts: 'other' }, 'log-replaced'],
  ['a log of another after a clean close', { record: closed, salts: 'other' }, undefined],
  ['both from another that fit', { salts: 'other', database: 'like-log' }, undefined],
  ['a database of another, then its log', { salts: 'other', database: 'before-log' }, undefined],
  ['both from another', { salts: 'other', database: 'other' }, 'database-replaced'],
  ['no log', { log: 'missing' }, 'log-missing'],
  ['no log after a clean close', { log: 'missing', record: closed }, undefined],
  ['no log after another has written', { log: 'missing', database: 'other' }, undefined],
  ['a log that a power cut has emptied', { log: 'blank' }, undefined],
  ['a file in rollback mode under a log', { isInWalMode: false, record: undefined }, 'database-replaced'],
  ['no record', { record: undefined, database: 'other', salts: 'other' }, undefined],
])('%s', (_, facts, mismatch) => {
  expect(mismatchOf({ ...fine, ...facts })).toBe(mismatch)
})

/** A database in WAL mode, its log with one commit that has `rows` rows. */
function withLog(pageSize: number, rows: number) {
  const path = join(temporaryDirectory(), 'app.db')
  const connection = new SqliteDatabase(path)
  onTestFinished(() => void connection.close())
  connection.pragma(`page_size = ${pageSize}`)
  connection.pragma('journal_mode = wal')
  connection.pragma('wal_autocheckpoint = 0')
  connection.exec('create table line (id integer primary key, text text)')
  connection.pragma('wal_checkpoint(truncate)')
  const insert = connection.prepare('insert into line (text) values (?)')
  connection.transaction(() => {
    for (let n = 0; n < rows; n++) insert.run('x'.repeat(500))
  })()
  return { path, connection }
}

function framesOf(path: string) {
  const fd = openSync(path, 'r')
  onTestFinished(() => closeSync(fd))
  return readLogFrames(fd)
}

test.each([512, 4096, 65_536])(
  'the frames of a log with pages of %i bytes are the ones that SQLite reads',
  (pageSize) => {
    const { path, connection } = withLog(pageSize, 3000)
    const copy = join(temporaryDirectory(), 'copy-wal')
    writeFileSync(copy, readFileSync(`${path}-wal`))
    const log = framesOf(copy)
    const [noop] = connection.pragma('wal_checkpoint(noop)') as { log: number }[]
    const positions = [...(log?.frames.values() ?? [])].flat()
    expect(positions).toHaveLength(noop?.log ?? -1)
    expect(log).toMatchObject({ pageSize, leastPages: connection.pragma('page_count', { simple: true }) })
  },
)

test('a log is read up to its last whole commit', () => {
  const { path, connection } = withLog(4096, 10)
  const size = readFileSync(`${path}-wal`).length
  connection.exec("insert into line (text) values ('second commit')")
  const copy = join(temporaryDirectory(), 'copy-wal')
  const bytes = readFileSync(`${path}-wal`)
  writeFileSync(copy, bytes)
  const count = () => [...(framesOf(copy)?.frames.values() ?? [])].flat().length
  const whole = count()
  // One wrong bit in the last frame.
  writeFileSync(copy, bytes.fill(bytes.at(-1) === 0 ? 1 : 0, bytes.length - 1))
  expect(count()).toBe(whole - 1)
  truncateSync(copy, size - 1)
  expect(framesOf(copy)).toBeUndefined()
  truncateSync(copy, 31)
  expect(framesOf(copy)).toBeUndefined()
})

test('SQLite starts a log over with a first salt that is greater by 1', () => {
  const { path, connection } = withLog(4096, 10)
  const salts = () => readFileSync(`${path}-wal`).toString('hex', 16, 24)
  const before = salts()
  connection.pragma('wal_checkpoint(passive)')
  connection.exec("insert into line (text) values ('starts it over')")
  expect(salts()).not.toBe(before)
  expect(logAfter(before, salts())).toBe('next')
  expect(logAfter(salts(), before)).toBe('other')
  expect(logAfter(before, before)).toBe('recorded')
  expect(logAfter('ffffffffbbbbbbbb', '00000000aaaaaaaa')).toBe('next')
})

test('a sample has every page of a small file, and both ends of a large one', () => {
  expect(sampledPages(4096 * 3 + 1, 4096)).toEqual([1, 2, 3, 4])
  expect(hasEveryPage(4096 * 128, 4096)).toBe(true)
  expect(hasEveryPage(4096 * 129, 4096)).toBe(false)
  for (const pages of [129, 1000, 1_000_000]) {
    const sampled = sampledPages(4096 * pages, 4096)
    expect(new Set(sampled).size).toBe(128)
    expect(sampled).toEqual(sampled.toSorted((a, b) => a - b))
    expect(sampled.slice(0, 2)).toEqual([1, 2])
    expect(sampled.at(-1)).toBe(pages)
  }
})

test('the page size and the mode of a database are read from its header', () => {
  const { path } = withLog(65_536, 1)
  const fd = openSync(join(temporaryDirectory(), 'copy.db'), 'wx+')
  onTestFinished(() => closeSync(fd))
  writeFileSync(fd, readFileSync(path))
  expect(readHeader(fd)).toEqual({ pageSize: 65_536, isInWalMode: true })
})
