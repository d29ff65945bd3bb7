import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Damage, DamageChoice } from '../../../src/main/sqlite/damaged.ts'
import { type DatabaseMismatch, DatabaseMismatchError } from '../../../src/main/sqlite/errors/open-errors.ts'
import { readCheckpointRecord } from '../../../src/main/sqlite/files/checkpoint-record.ts'
import { type ConnectOptions, connect } from '../../../src/main/sqlite/pool.ts'
import { setDatabaseAside } from '../../../src/main/sqlite/repair/set-aside.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { startOwner } from '../owner-process.ts'

/** Where a process was killed that had `moved` rows in the database and `logged` more in its log. */
async function killedOwner({ moved = 100, logged = 5, mode = 'threads' as 'threads' | 'inline' } = {}) {
  const dir = temporaryDirectory()
  const owner = await startOwner(dir, mode)
  await owner.run('create table line (id integer primary key, text text)')
  await owner.run(rows(moved))
  await owner.run('pragma wal_checkpoint(truncate)')
  if (logged > 0) await owner.run(rows(logged))
  await owner.kill()
  return { dir, path: join(dir, 'app.db'), rows: moved + logged }
}

function rows(count: number): string {
  return `insert into line (text) select hex(randomblob(500)) from (with recursive n (i) as (select 1 union all select i + 1 from n where i < ${count}) select i from n)`
}

/** Opens the directory, counts the rows and closes it again. */
async function countIn(dir: string, options: Partial<ConnectOptions> = {}): Promise<unknown> {
  const pool = await connect({ dir, mode: 'inline', ...options })
  try {
    const { rows } = await sql<{ n: number }>`select count(*) as n from line`.execute(pool.db)
    return rows[0]?.n
  } finally {
    await pool.close()
  }
}

/** A backup with 10 rows, made by another program. */
function madeBackup(): string {
  const path = join(temporaryDirectory(), 'backup.db')
  const connection = new SqliteDatabase(path)
  connection.exec('create table line (id integer primary key, text text)')
  connection.exec(rows(10))
  connection.close()
  return path
}

function contents(dir: string): Record<string, string> {
  const names = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(
    names
      .filter(({ name }) => name !== 'app.lock')
      .map(({ name }) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(dir, name)))
          .digest('hex'),
      ]),
  )
}

/** Opening changes nothing and reports how the files do not fit. */
async function refused(dir: string, mismatch: DatabaseMismatch, options: Partial<ConnectOptions> = {}) {
  const before = contents(dir)
  const error = await thrownBy(DatabaseMismatchError, () => connect({ dir, mode: 'inline', ...options }))
  expect(error).toMatchObject({ mismatch, path: join(dir, 'app.db') })
  expect(contents(dir)).toEqual(before)
}

describe.each(['threads', 'inline'] as const)('with mode %s', (mode) => {
  test('a backup that was copied over the database of a killed owner is not overwritten by its log', async () => {
    const { dir, path } = await killedOwner({ mode })
    const log = readFileSync(`${path}-wal`)
    const backup = readFileSync(madeBackup())
    writeFileSync(path, backup)
    await refused(dir, 'database-replaced', { mode })

    const asked: Damage[] = []
    const onDamaged = (damage: Damage): DamageChoice => {
      asked.push(damage)
      return 'use-database'
    }
    expect(await countIn(dir, { mode, onDamaged })).toBe(10)
    expect(asked).toMatchObject([{ kind: 'mismatch', choices: ['keep', 'use-database'] }])
    const [aside = ''] = readdirSync(dir).filter((name) => /^app\.db\.set-aside-.*-wal$/.test(name))
    expect(readFileSync(join(dir, aside)).equals(log)).toBe(true)
    expect(readFileSync(join(dir, aside.replace(/-wal$/, ''))).equals(backup)).toBe(true)
    // What was set aside raises no second question.
    expect(await countIn(dir, { mode })).toBe(10)
  })

  test('the files that a killed owner leaves belong together', async () => {
    const { dir, rows } = await killedOwner({ mode })
    expect(await countIn(dir, { mode })).toBe(rows)
  })
})

test('a backup in WAL mode that was moved into the place of the database is not overwritten by the log', async () => {
  const { dir, path } = await killedOwner()
  const backup = madeBackup()
  const connection = new SqliteDatabase(backup)
  connection.pragma('journal_mode = wal')
  connection.close()
  cpSync(backup, `${path}.new`)
  renameSync(`${path}.new`, path)
  await refused(dir, 'database-replaced')
})

test('a large database that was copied over with its own content is recognized by its time', async () => {
  const { dir, path } = await killedOwner({ moved: 2000 })
  const bytes = readFileSync(path)
  // More than the sample has.
  expect(bytes.length).toBeGreaterThan(128 * 4096)
  writeFileSync(path, bytes)
  await refused(dir, 'database-replaced')
})

test('a log from another place is not played into the database', async () => {
  const { dir, path } = await killedOwner()
  const other = await killedOwner()
  cpSync(`${other.path}-wal`, `${path}-wal`)
  await refused(dir, 'log-replaced')
})

test('if the log was removed after a kill, the database is not opened', async () => {
  const { dir, path } = await killedOwner()
  rmSync(`${path}-wal`)
  await refused(dir, 'log-missing')
  expect(await countIn(dir, { onDamaged: () => 'use-database' })).toBe(100)
  expect(await countIn(dir)).toBe(100)
})

test.each(['the record', 'no record', 'the record of a log without changes'])(
  'if a killed restore has set the log aside, the database is not opened, with %s',
  async (how) => {
    const { dir, path } = await killedOwner({ logged: how === 'the record' ? 5 : 0 })
    if (how === 'no record') rmSync(`${path}-checkpoint`)
    if (how !== 'the record') {
      await killedProgram(path, rows(3))
    }
    // A kill before the next step leaves the old database in its place.
    const aside = setDatabaseAside(path, new Date())
    expect(statSync(`${aside}-wal`).size).toBeGreaterThan(0)
    await refused(dir, 'log-missing')
  },
)

test('a restore adds no record of a log that does not belong to the database', async () => {
  const { dir, path } = await killedOwner()
  writeFileSync(path, readFileSync(madeBackup()))
  const record = readFileSync(`${path}-checkpoint`)
  setDatabaseAside(path, new Date())
  expect(readFileSync(`${path}-checkpoint`).equals(record)).toBe(true)
  expect(await countIn(dir)).toBe(10)
})

test('if a log without changes was removed after a kill, the database opens', async () => {
  const { dir, path } = await killedOwner({ logged: 0 })
  rmSync(`${path}-wal`)
  expect(await countIn(dir)).toBe(100)
})

test('if a power cut has emptied the log, the database opens', async () => {
  const { dir, path } = await killedOwner()
  truncateSync(`${path}-wal`, 0)
  expect(await countIn(dir)).toBe(100)
})

test.each([100, 2000])(
  'a directory with %i rows that was copied after a kill opens with all rows',
  async (moved) => {
    const { dir, rows } = await killedOwner({ moved })
    const copy = join(temporaryDirectory(), 'copy')
    cpSync(dir, copy, { recursive: true })
    expect(await countIn(copy)).toBe(rows)
  },
)

test.each([100, 2000])(
  'a directory with %i rows that was moved after a kill opens with all rows',
  async (moved) => {
    const { dir, rows } = await killedOwner({ moved })
    const place = join(temporaryDirectory(), 'moved')
    renameSync(dir, place)
    expect(await countIn(place)).toBe(rows)
  },
)

/** Another SQLite program that runs statements and is killed. */
async function killedProgram(path: string, statements: string): Promise<void> {
  const script = `const db = new (require('better-sqlite3'))(process.argv[1]); db.exec(process.argv[2]); console.log('done'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['-e', script, path, statements], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
}

test('a log that another SQLite program has left after a clean close belongs to the database', async () => {
  const dir = temporaryDirectory()
  await (await connect({ dir, mode: 'inline' })).close()
  await killedProgram(
    join(dir, 'app.db'),
    `create table line (id integer primary key, text text); ${rows(7)}`,
  )
  expect(statSync(join(dir, 'app.db-wal')).size).toBeGreaterThan(0)
  expect(await countIn(dir)).toBe(7)
})

test('a log that another SQLite program has started over after a checkpoint belongs to the database', async () => {
  const { dir, path } = await killedOwner({ logged: 0 })
  await countIn(dir)
  await killedProgram(path, `${rows(3)}; pragma wal_checkpoint; ${rows(4)}`)
  expect(await countIn(dir)).toBe(107)
})

test('a database that another SQLite program has recovered after a kill opens', async () => {
  const { dir, path, rows: count } = await killedOwner()
  const connection = new SqliteDatabase(path)
  connection.exec(rows(1))
  connection.close()
  expect(existsSync(`${path}-wal`)).toBe(false)
  expect(await countIn(dir)).toBe(count + 1)
})

describe.each([100, 2000])('a killed owner of %i rows whose database another program has open', (moved) => {
  test('may find its log moved into the database', async () => {
    const { dir, path, rows: count } = await killedOwner({ moved })
    const other = new SqliteDatabase(path)
    onTestFinished(() => void other.close())
    other.pragma('wal_checkpoint(passive)')
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0)
    expect(await countIn(dir)).toBe(count)
  })

  test('may find its log moved and started over', async () => {
    const { dir, path, rows: count } = await killedOwner({ moved })
    const other = new SqliteDatabase(path)
    onTestFinished(() => void other.close())
    other.pragma('wal_checkpoint(restart)')
    other.exec(rows(1))
    expect(await countIn(dir)).toBe(count + 1)
  })
})

test('the files of a connection with automatic checkpoints belong together', async () => {
  const dir = temporaryDirectory()
  const owner = await startOwner(dir)
  await owner.run('create table line (id integer primary key, text text)')
  await owner.run(rows(2000))
  await owner.run('pragma wal_checkpoint(truncate)')
  await owner.runTogether('pragma wal_autocheckpoint = 1', rows(3), rows(2), rows(1))
  const size = () => statSync(join(dir, 'app.db')).size
  const before = size()
  await owner.runTogether('pragma wal_autocheckpoint = 1', rows(30))
  expect(size()).toBe(before)
  await owner.kill()
  expect(await countIn(dir)).toBe(2036)
})

test('a database and a log that fit open, even if the record is older', async () => {
  const { dir, path, rows: count } = await killedOwner()
  const record = readFileSync(`${path}-checkpoint`)
  const owner = await startOwner(dir)
  await owner.run(rows(50))
  await owner.run('pragma wal_checkpoint(passive)')
  await owner.run(rows(5))
  await owner.kill()
  writeFileSync(`${path}-checkpoint`, record)
  expect(await countIn(dir)).toBe(count + 55)
})

test.each([
  ['torn', (record: Buffer) => record.fill(0, 200, 300)],
  ['empty', () => Buffer.alloc(0)],
])('a record that is %s counts as none', async (_, damage) => {
  const { dir, path, rows } = await killedOwner()
  writeFileSync(`${path}-checkpoint`, damage(readFileSync(`${path}-checkpoint`)))
  expect(readCheckpointRecord(path)).toBeUndefined()
  expect(await countIn(dir)).toBe(rows)
})

test('a small database that was only touched after a kill opens', async () => {
  const { dir, path, rows } = await killedOwner()
  utimesSync(path, new Date(), new Date())
  expect(await countIn(dir)).toBe(rows)
})
