import { randomBytes } from 'node:crypto'
import {
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import SqliteDatabase from 'better-sqlite3'
import Encrypting from 'better-sqlite3-multiple-ciphers'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { DamageChoice, DamageKind } from '../../../src/main/sqlite/damaged.ts'
import { DatabaseMismatchError, NotADatabaseError } from '../../../src/main/sqlite/errors/open-errors.ts'
import { DatabaseKeyError, type KeyFault } from '../../../src/main/sqlite/errors/setup-errors.ts'
import { readCheckpointRecord } from '../../../src/main/sqlite/files/checkpoint-record.ts'
import type { Migrations } from '../../../src/main/sqlite/migrations/migrations.ts'
import { type ConnectOptions, connect, type Pool } from '../../../src/main/sqlite/pool.ts'
import { restoreNewestBackup } from '../../../src/main/sqlite/restore-newest-backup.ts'
import { InvalidOptionError } from '../../../src/shared/data-dir-error.ts'
import { runCli } from '../../cli/run-cli.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { startOwner } from '../owner-process.ts'

const driver = 'better-sqlite3-multiple-ciphers'
// Not a passphrase: deriving a key from one takes most of a test's time (utelle.github.io/SQLite3MultipleCiphers).
const key = `raw:${'7a656272'.repeat(8)}`
const hexKey = Buffer.from(key).toString('hex')
// A quotation mark would end a string of SQL.
const passphrase = "it's secret: zebra"

const line: Migrations = {
  '001-line': {
    up: async (db) => {
      await sql`create table line (id integer primary key, text text)`.execute(db)
      await sql`create index by_text on line (text)`.execute(db)
    },
  },
}

const more: Migrations = {
  ...line,
  '002-more': { up: (db) => db.schema.alterTable('line').addColumn('more', 'text').execute() },
}

interface LineSchema {
  line: { id: number; text: string }
}

type Given = Partial<ConnectOptions>

async function openIn(dir: string, options: Given = {}): Promise<Pool<LineSchema>> {
  const pool = await connect<LineSchema>({ dir, driver, key, migrations: line, readers: 1, ...options })
  onTestFinished(() => pool.close())
  return pool
}

async function add(pool: Pool<LineSchema>, count: number): Promise<void> {
  await sql`with recursive n (i) as (select 1 union all select i + 1 from n where i < ${count})
    insert into line (text) select hex(randomblob(200)) || ' plain words' from n`.execute(pool.db)
}

async function countIn(pool: Pool<LineSchema>): Promise<unknown> {
  const { rows } = await sql<{ n: number }>`select count(*) as n from line`.execute(pool.db)
  return rows[0]?.n
}

/** A directory with a database of `rows` rows, which is closed. */
async function closedDatabase(rows = 50, options: Given = {}): Promise<string> {
  const dir = temporaryDirectory()
  const pool = await openIn(dir, options)
  await add(pool, rows)
  await pool.close()
  return dir
}

function contents(dir: string): Record<string, string> {
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' })
  const files = names.filter((name) => name !== 'app.lock' && statSync(join(dir, name)).isFile())
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(dir, name), 'latin1')]))
}

/** Opening fails because of the key, asks nothing and changes nothing. */
async function refused(dir: string, fault: KeyFault, options: ConnectOptions): Promise<DatabaseKeyError> {
  const before = contents(dir)
  const onDamaged = () => {
    throw new Error('it was taken for damage')
  }
  const error = await thrownBy(DatabaseKeyError, () => connect({ onDamaged, ...options }))
  expect(error).toMatchObject({ fault, path: join(dir, 'app.db') })
  expect(contents(dir)).toEqual(before)
  return error
}

describe.each(['threads', 'inline'] as const)('with mode %s', (mode) => {
  test('the database, its log and its backups are encrypted with the key', async () => {
    const dir = temporaryDirectory()
    const pool = await openIn(dir, { mode })
    await add(pool, 50)
    const copy = join(temporaryDirectory(), 'copy.db')
    await pool.backup(copy)
    for (const file of ['app.db', 'app.db-wal'].map((name) => join(dir, name)).concat(copy)) {
      const bytes = readFileSync(file, 'latin1')
      expect(bytes).not.toContain('SQLite format')
      expect(bytes).not.toContain('plain words')
    }
    await pool.close()
    const restored = temporaryDirectory()
    copyFileSync(copy, join(restored, 'app.db'))
    expect(await countIn(await openIn(restored, { mode }))).toBe(50)
    expect(await countIn(await openIn(dir, { mode, key: Buffer.from(key) }))).toBe(50)
  })

  test('a wrong key changes nothing, although the log has commits', async () => {
    const dir = temporaryDirectory()
    const owner = await startOwner(dir, mode, { driver, key })
    await owner.run('create table line (id integer primary key, text text)')
    await owner.run('pragma wal_checkpoint(truncate)')
    await owner.run("insert into line (text) values ('kept')")
    await owner.kill()
    const log = readFileSync(join(dir, 'app.db-wal'), 'latin1')
    expect(log.length).toBeGreaterThan(0)
    expect(log).not.toContain('kept')
    const error = await refused(dir, 'wrong', { dir, mode, driver, key: 'another' })
    expect(error.summary).toBe(`${join(dir, 'app.db')} is encrypted, and the key does not open it.`)
    await refused(dir, 'missing', { dir, mode, driver })
    await refused(dir, 'missing', { dir, mode })
    expect(await countIn(await openIn(dir, { mode, migrations: {} }))).toBe(1)
  })

  test('an encrypted database that this package has not opened before is refused without a key', async () => {
    const dir = await closedDatabase()
    const elsewhere = temporaryDirectory()
    copyFileSync(join(dir, 'app.db'), join(elsewhere, 'app.db'))
    await refused(elsewhere, 'missing', { dir: elsewhere, mode })
  })

  test('a database that is not encrypted is refused with a key', async () => {
    const dir = temporaryDirectory()
    const pool = await connect({ dir, mode, migrations: line })
    await pool.close()
    await refused(dir, 'not-encrypted', { dir, mode, driver, key })
  })

  test('a key is refused if SQLite would ignore it, before a database is created', async () => {
    const dir = temporaryDirectory()
    const error = await thrownBy(InvalidOptionError, () => connect({ dir, mode, key }))
    expect(error.option).toBe('key')
    expect(inspect(error)).not.toContain('zebra')
    expect(existsSync(join(dir, 'app.db'))).toBe(false)
  })

  test('a backup is made before a migration, and has the same key', async () => {
    const dir = await closedDatabase(50, { mode })
    const pool = await openIn(dir, { mode, migrations: more })
    expect(await countIn(pool)).toBe(50)
    const [name = ''] = readdirSync(join(dir, 'app.backups'))
    await pool.close()
    writeFileSync(join(dir, 'app.db'), 'no database')
    const { backup } = await restoreNewestBackup(dir, 'app', { driver, key })
    expect(backup.path).toBe(join(dir, 'app.backups', name))
    expect(await countIn(await openIn(dir, { mode }))).toBe(50)
  })

  test('scheduled backups have the key', async () => {
    const dir = await closedDatabase(50, { mode })
    const pool = await openIn(dir, { mode, backupEvery: 1, keepBackups: 1 })
    const folder = join(dir, 'app.backups')
    await expect
      .poll(() => existsSync(folder) && readdirSync(folder).some((name) => /scheduled\.db$/.test(name)))
      .toBe(true)
    await pool.close()
    await restoreNewestBackup(dir, 'app', { driver, key })
    expect(await countIn(await openIn(dir, { mode }))).toBe(50)
  })

  test('a damaged page is found, and the newest backup is offered and restored', async () => {
    const dir = await closedDatabase(200, { mode })
    await (await openIn(dir, { mode, migrations: more })).close()
    damagePage(join(dir, 'app.db'), 6)
    const asked: DamageKind[] = []
    const onDamaged = ({ kind }: { kind: DamageKind }): DamageChoice => {
      asked.push(kind)
      return 'restore'
    }
    const pool = await openIn(dir, { mode, migrations: more, checkOnOpen: true, onDamaged })
    expect(asked).toEqual(['damaged'])
    expect(await countIn(pool)).toBe(200)
  })

  test('an index that is out of date is rebuilt, and the database stays encrypted', async () => {
    const dir = await closedDatabase(200, { mode })
    addWithoutIndex(join(dir, 'app.db'), 'by_text')
    writeFileSync(join(dir, 'app.db-check'), 'a query has found damage')
    const pool = await openIn(dir, { mode, onDamaged: 'restore' })
    const { rows } = await sql`pragma integrity_check`.execute(pool.db)
    expect(rows).toEqual([{ integrity_check: 'ok' }])
    expect(await countIn(pool)).toBe(201)
    await pool.close()
    expect(readFileSync(join(dir, 'app.db'), 'latin1')).not.toContain('plain words')
  })

  test('a damaged page causes an error that is not about the key', async () => {
    const dir = await closedDatabase(200, { mode })
    damagePage(join(dir, 'app.db'), 6)
    await thrownBy(NotADatabaseError, () => openIn(dir, { mode, checkOnOpen: true }))
  })

  test('a database that was removed while it is open is saved with the key', async () => {
    const dir = temporaryDirectory()
    const pool = await openIn(dir, { mode })
    await add(pool, 20)
    rmSync(join(dir, 'app.db'))
    await expect.poll(() => readdirSync(dir).some((name) => /^app\.rescued-.*Z\.db$/.test(name))).toBe(true)
    await pool.close()
    const [rescued = ''] = readdirSync(dir).filter((name) => /^app\.rescued-.*Z\.db$/.test(name))
    const restored = temporaryDirectory()
    copyFileSync(join(dir, rescued), join(restored, 'app.db'))
    expect(await countIn(await openIn(restored, { mode }))).toBe(20)
  })
})

/** Adds a row while an index is hidden from SQLite, which does not keep it up to date then. */
function addWithoutIndex(path: string, index: string): void {
  const change = (work: (connection: InstanceType<typeof Encrypting>) => void) => {
    const connection = new Encrypting(path)
    connection.pragma(`hexkey='${hexKey}'`)
    connection.unsafeMode(true)
    connection.pragma('writable_schema = ON')
    work(connection)
    connection.close()
  }
  let row: unknown
  change((connection) => {
    row = connection.prepare('select * from sqlite_schema where name = ?').get(index)
    connection.prepare('delete from sqlite_schema where name = ?').run(index)
  })
  change((connection) => connection.exec("insert into line (text) values ('not in the index')"))
  change((connection) =>
    connection
      .prepare('insert into sqlite_schema values (@type, @name, @tbl_name, @rootpage, @sql)')
      .run(row),
  )
}

function damagePage(path: string, page: number): void {
  const fd = openSync(path, 'r+')
  writeSync(fd, Buffer.alloc(4096, 0x5a), 0, 4096, (page - 1) * 4096)
  closeSync(fd)
}

const pageAt = (bytes: Buffer, start: number) => bytes.toString('latin1', start, start + 4096)

/** Where a process was killed that had `moved` rows in the database and `logged` more in its log. */
async function killedOwner(moved = 100, logged = 5): Promise<string> {
  const dir = temporaryDirectory()
  const owner = await startOwner(dir, 'threads', { driver, key })
  const insert = (count: number) =>
    `insert into line (text) select hex(randomblob(500)) from (with recursive n (i) as (select 1 union all select i + 1 from n where i < ${count}) select i from n)`
  await owner.run('create table line (id integer primary key, text text)')
  await owner.run(insert(moved))
  await owner.run('pragma wal_checkpoint(truncate)')
  if (logged > 0) await owner.run(insert(logged))
  await owner.kill()
  return dir
}

test('the commits of a killed process are there, also in a copy of its directory', async () => {
  const dir = await killedOwner()
  const copy = temporaryDirectory()
  cpSync(dir, copy, { recursive: true })
  for (const one of [dir, copy]) expect(await countIn(await openIn(one, { migrations: {} }))).toBe(105)
})

test('a checkpoint is completed if its process was killed', async () => {
  const dir = await killedOwner()
  const path = join(dir, 'app.db')
  // The pages of the log as they are in the database after the checkpoint.
  const after = temporaryDirectory()
  for (const suffix of ['', '-wal']) copyFileSync(path + suffix, join(after, `app.db${suffix}`))
  const connection = new Encrypting(join(after, 'app.db'))
  connection.pragma(`hexkey='${hexKey}'`)
  connection.pragma('wal_checkpoint(passive)')
  const moved = readFileSync(join(after, 'app.db'))
  connection.close()
  const before = readFileSync(path)
  const record = readCheckpointRecord(path)
  expect(record?.database.isEncrypted).toBe(true)
  // Of the pages that the log has too, one that was in the database before.
  const starts = Array.from({ length: before.length / 4096 }, (_, index) => index * 4096)
  const at = starts.findLast((start) => pageAt(moved, start) !== pageAt(before, start)) ?? -1
  // Only one page has reached the database.
  const fd = openSync(path, 'r+')
  writeSync(fd, moved.subarray(at), 0, 4096, at)
  closeSync(fd)
  expect(await countIn(await openIn(dir, { migrations: {} }))).toBe(105)
})

test('a backup that was copied over the database of a killed owner is not overwritten by its log', async () => {
  const dir = await killedOwner()
  const other = await closedDatabase(10)
  copyFileSync(join(other, 'app.db'), join(dir, 'app.db'))
  const error = await thrownBy(DatabaseMismatchError, () => openIn(dir))
  expect(error.mismatch).toBe('database-replaced')
})

test('a missing log is reported', async () => {
  const dir = await killedOwner()
  rmSync(join(dir, 'app.db-wal'))
  const error = await thrownBy(DatabaseMismatchError, () => openIn(dir, { migrations: {} }))
  expect(error.mismatch).toBe('log-missing')
})

test('a database that is not in WAL mode yet is switched to it', async () => {
  const dir = await closedDatabase(30)
  const copy = join(temporaryDirectory(), 'copy.db')
  const pool = await openIn(dir)
  await pool.backup(copy)
  const other = temporaryDirectory()
  copyFileSync(copy, join(other, 'app.db'))
  const opened = await openIn(other)
  const { rows } = await sql`pragma journal_mode`.execute(opened.db)
  expect(rows).toEqual([{ journal_mode: 'wal' }])
  expect(await countIn(opened)).toBe(30)
})

test('the command line refuses an encrypted database, and leaves its log', async () => {
  const dir = await killedOwner()
  const before = contents(dir)
  const { code, stderr } = await runCli('backup', dir, join(temporaryDirectory(), 'copy.db'))
  expect(code).not.toBe(0)
  expect(stderr).toContain('is encrypted, and no key was given')
  expect(contents(dir)).toEqual(before)
})

test('a file that is not a database is not reported as encrypted', async () => {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'app.db'), 'this is text')
  await thrownBy(NotADatabaseError, () => openIn(dir))
  await thrownBy(NotADatabaseError, () => connect({ dir }))
})

test('a database that was not encrypted and has random bytes now is damaged', async () => {
  const dir = temporaryDirectory()
  await (await connect({ dir, migrations: line })).close()
  writeFileSync(join(dir, 'app.db'), randomBytes(8192))
  await thrownBy(NotADatabaseError, () => connect({ dir }))
})

test('the key appears in no file, log, error or object', async () => {
  const dir = temporaryDirectory()
  const seen: unknown[] = []
  const log = (event: unknown) => void seen.push(event)
  const options = { log, onSlowQuery: log, slowQueryThreshold: 0, backupEvery: 1 }
  const pool = await openIn(dir, { ...options, key: passphrase })
  await add(pool, 5)
  seen.push(await sql`select no_such_column from line`.execute(pool.db).catch((error: unknown) => error))
  seen.push(await pool.stats(), pool)
  seen.push(
    await thrownBy(DatabaseKeyError, () => connect({ dir: dirCopy(dir), driver, key: 'wrong zebra' })),
  )
  seen.push(await thrownBy(InvalidOptionError, () => connect({ dir, key: 7353297 as unknown as string })))
  await pool.close()
  const text = seen.map((one) => inspect(one, { depth: 20, showHidden: true })).join('\n')
  for (const secret of ['zebra', Buffer.from(passphrase).toString('hex'), '7353297']) {
    expect(text).not.toContain(secret)
    expect(Object.values(contents(dir)).filter((bytes) => bytes.includes(secret))).toEqual([])
    expect(readFileSync(join(dir, 'app.lock'), 'latin1')).not.toContain(secret)
  }
})

function dirCopy(dir: string): string {
  const copy = temporaryDirectory()
  copyFileSync(join(dir, 'app.db'), join(copy, 'app.db'))
  return copy
}

test("an error of SQLite is the driver's SqliteError", async () => {
  const { db } = await openIn(temporaryDirectory())
  const error = await sql`select no_such_column`.execute(db).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Encrypting.SqliteError)
  expect(error).not.toBeInstanceOf(SqliteDatabase.SqliteError)
})
