import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Kysely, sql } from 'kysely'
import { expect, test } from 'vitest'
import {
  MigrationAbortedError,
  MigrationFailedError,
  MigrationOrderError,
} from '../../../src/main/sqlite/errors/open-errors.ts'
import {
  type MigrationProgress,
  type Migrations,
  migrate,
} from '../../../src/main/sqlite/migrations/migrations.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { dump, openPlainDatabase } from '../plain-database.ts'

interface Schema {
  author: { id: number; name: string }
  book: { id: number; author_id: number; title: string }
}

const first: Migrations = {
  '001-author': {
    async up(db: Kysely<unknown>) {
      await sql`create table author (id integer primary key, name text not null)`.execute(db)
      await sql`insert into author values (1, 'Ada'), (2, 'Grace')`.execute(db)
    },
  },
  '002-book': {
    async up(db: Kysely<unknown>) {
      await sql`create table book (
        id integer primary key, author_id integer not null references author (id), title text)`.execute(db)
      await sql`insert into book values (1, 1, 'Notes'), (2, 2, 'Compilers')`.execute(db)
    },
  },
}

const failsHalfWay: Migrations = {
  '003-broken': {
    async up(db: Kysely<unknown>) {
      await sql`create table half (id integer)`.execute(db)
      await sql`alter table author add column born integer`.execute(db)
      await sql`update author set name = upper(name)`.execute(db)
      await sql`drop table book`.execute(db)
      await sql`insert into nowhere values (1)`.execute(db)
    },
  },
}

function open() {
  const path = join(temporaryDirectory(), 'app.db')
  return { path, ...openPlainDatabase<Schema>(path) }
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

test('a migration that fails leaves schema and content as they were, down to the bytes of the file', async () => {
  const { path, connection, db } = open()
  await migrate(db, path, first)
  connection.pragma('wal_checkpoint(truncate)')
  const before = { dump: dump(connection), hash: hashOf(path) }
  const error = await thrownBy(MigrationFailedError, () => migrate(db, path, { ...first, ...failsHalfWay }))
  expect(error).toMatchObject({ migration: '003-broken', backupPath: undefined })
  connection.pragma('wal_checkpoint(truncate)')
  expect({ dump: dump(connection), hash: hashOf(path) }).toEqual(before)
  expect(connection.pragma('integrity_check', { simple: true })).toBe('ok')
})

test('if the first migration of a new database fails, not even the tables of Kysely are left', async () => {
  const { path, connection, db } = open()
  await thrownBy(MigrationFailedError, () =>
    migrate(db, path, { '001': { up: () => Promise.reject(new Error('no')) } }),
  )
  expect(connection.prepare('select count(*) from sqlite_master').pluck().get()).toBe(0)
})

test('migrations before the one that fails stay, and the next run continues after them', async () => {
  const { path, connection, db } = open()
  await thrownBy(MigrationFailedError, () => migrate(db, path, { ...first, ...failsHalfWay }))
  expect(await db.selectFrom('book').select('title').execute()).toHaveLength(2)
  const repaired: Migrations = {
    '003-broken': {
      up: (db: Kysely<unknown>) => db.schema.createTable('half').addColumn('id', 'integer').execute(),
    },
  }
  expect(await migrate(db, path, { ...first, ...repaired })).toBe(1)
  const made = connection.prepare('select name from kysely_migration order by timestamp').pluck().all()
  expect(made).toEqual(['001-author', '002-book', '003-broken'])
})

test('a table that others refer to can be rebuilt, and foreign keys are enforced before and after', async () => {
  const { path, connection, db } = open()
  const rebuild: Migrations = {
    '003-rebuild': {
      async up(db: Kysely<unknown>) {
        await sql`create table new_author (id integer primary key, name text not null, born integer)`.execute(
          db,
        )
        await sql`insert into new_author select id, name, null from author`.execute(db)
        await sql`drop table author`.execute(db)
        await sql`alter table new_author rename to author`.execute(db)
      },
    },
  }
  await migrate(db, path, { ...first, ...rebuild })
  expect(connection.pragma('foreign_keys', { simple: true })).toBe(1)
  expect(connection.pragma('foreign_key_check')).toEqual([])
  expect(() => connection.exec("insert into book values (3, 99, 'by nobody')")).toThrow('FOREIGN KEY')
})

test('a migration that leaves a foreign key that points to no row is undone', async () => {
  const { path, connection, db } = open()
  await migrate(db, path, first)
  const before = dump(connection)
  const orphan: Migrations = {
    '003-orphan': { up: (db: Kysely<unknown>) => sql`delete from author where id = 1`.execute(db) as never },
  }
  const error = await thrownBy(MigrationFailedError, () => migrate(db, path, { ...first, ...orphan }))
  expect(error.message).toContain('a row of book refers to nothing in author')
  expect(dump(connection)).toBe(before)
  expect(connection.pragma('foreign_keys', { simple: true })).toBe(1)
})

test('a database with foreign keys that pointed to no row before can be migrated', async () => {
  const { path, connection, db } = open()
  await migrate(db, path, first)
  connection.pragma('foreign_keys = off')
  connection.exec('delete from author where id = 2')
  connection.pragma('foreign_keys = on')
  const repair: Migrations = {
    '003-index': { up: (db) => db.schema.createIndex('t').on('book').column('title').execute() },
  }
  expect(await migrate(db, path, { ...first, ...repair })).toBe(1)
})

test('progress names each migration before it runs, and the end', async () => {
  const { path, db } = open()
  const seen: MigrationProgress[] = []
  await migrate(db, path, first, { onProgress: (progress) => seen.push(progress) })
  expect(seen).toEqual([
    { phase: 'migrate', migration: '001-author', done: 0, total: 2 },
    { phase: 'migrate', migration: '002-book', done: 1, total: 2 },
    { phase: 'migrate', migration: '002-book', done: 2, total: 2 },
  ])
  seen.length = 0
  expect(await migrate(db, path, first, { onProgress: (progress) => seen.push(progress) })).toBe(0)
  expect(seen).toEqual([])
})

test('a new migration that sorts before one already made is refused, and the file is not touched', async () => {
  const { path, connection, db } = open()
  await migrate(db, path, first)
  connection.pragma('wal_checkpoint(truncate)')
  const before = hashOf(path)
  const between: Migrations = { ...first, '001-between': { up: async () => undefined } }
  const error = await thrownBy(MigrationOrderError, () => migrate(db, path, between))
  expect(error).toMatchObject({ made: '002-book', expected: '001-between' })
  connection.pragma('wal_checkpoint(truncate)')
  expect(hashOf(path)).toBe(before)
})

test('canceling a run undoes the running migration and keeps the ones before it', async () => {
  const { path, connection, db } = open()
  const canceling = new AbortController()
  const endless: Migrations = {
    '003-endless': {
      async up(db: Kysely<unknown>) {
        for (let id = 10; ; id++) {
          await sql`insert into author values (${id}, 'again')`.execute(db)
          if (id === 50) canceling.abort()
        }
      },
    },
  }
  await thrownBy(MigrationAbortedError, () =>
    migrate(db, path, { ...first, ...endless }, { signal: canceling.signal }),
  )
  expect(connection.prepare('select count(*) from author').pluck().get()).toBe(2)
  expect(connection.inTransaction).toBe(false)
  expect(connection.pragma('foreign_keys', { simple: true })).toBe(1)
})

test('if the backup cannot be made, no migration runs', async () => {
  const { path, connection, db } = open()
  await migrate(db, path, first)
  const before = dump(connection)
  const cannot = () => Promise.reject(new Error('no room'))
  await expect(migrate(db, path, { ...first, ...failsHalfWay }, { backUp: cannot })).rejects.toThrow(
    'no room',
  )
  expect(dump(connection)).toBe(before)
})
