import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { type Kysely, type LogEvent, sql } from 'kysely'
import { expect, test } from 'vitest'
import { MigrationFailedError } from '../../../src/main/sqlite/errors/open-errors.ts'
import type { Migrations } from '../../../src/main/sqlite/migrations/migrations.ts'
import { connect } from '../../../src/main/sqlite/pool.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { dump, openPlainDatabase } from '../plain-database.ts'

/** `book` refers to `author`, `page` refers to `book`; `city` and `street` have nothing to do with them. */
const schema = `
  create table author (id integer primary key, name text);
  create table book (id integer primary key, author_id integer references Author (id), title text);
  create table page (id integer primary key, book_id integer references book (id));
  create table city (id integer primary key, name text);
  create table street (id integer primary key, city_id integer references city (id));
  insert into author values (1, 'Ada'), (2, 'Grace');
  insert into book values (1, 1, 'Notes'), (2, 2, 'Compilers');
  insert into page values (1, 1);
  insert into city values (1, 'London');
  insert into street values (1, 1)`

function prepared(more = ''): { dir: string; connection: Database } {
  const dir = temporaryDirectory()
  const { connection } = openPlainDatabase(join(dir, 'app.db'))
  connection.pragma('foreign_keys = off')
  connection.exec(schema + (more && `;${more}`))
  return { dir, connection }
}

function running(statements: readonly string[]) {
  return {
    async up(db: Kysely<unknown>) {
      for (const statement of statements) await sql.raw(statement).execute(db)
    },
  }
}

/** @returns the tables that were read by a foreign key check, in order. */
async function checkedBy(dir: string, migrations: Migrations): Promise<unknown[]> {
  const checked: unknown[] = []
  const log = ({ query }: LogEvent) => {
    if (query.sql.includes('pragma_foreign_key_check')) checked.push(query.parameters[0])
  }
  const pool = await connect({ dir, migrations, log, mode: 'inline', keepBackups: 0 })
  await pool.close()
  return checked
}

test('five migrations that change nothing run no foreign key check', async () => {
  const { dir } = prepared()
  const names = ['1', '2', '3', '4', '5']
  expect(await checkedBy(dir, Object.fromEntries(names.map((name) => [name, running([])])))).toEqual([])
})

test.each<[string, string[], string[]]>([
  ['a new column', ['alter table book add column year integer'], []],
  ['a new index', ['create index by_title on book (title)'], []],
  ['a new table without rows', ['create table note (id integer primary key, text)'], []],
  [
    'rows that no foreign key is about',
    ["insert into author values (3, 'Mary')", 'select * from city'],
    ['book', 'street'],
  ],
  [
    'rows of a table that refers to another',
    ["update book set title = 'New' where id = 1"],
    ['book', 'page'],
  ],
  ['an update that changes no row', ["update book set title = 'New' where id = 9"], []],
  ['a name in other letters', ["insert into CITY values (2, 'Paris')"], ['street']],
  [
    'a new foreign key',
    ['alter table city add column page_id integer references page (id)'],
    ['city', 'street'],
  ],
])('%s: only tables that may be broken are checked', async (_, statements, tables) => {
  const { dir } = prepared()
  expect(await checkedBy(dir, { '1': running(statements) })).toEqual(tables)
})

test('a trigger leads the check to the tables that it writes to, through a view too', async () => {
  const { dir } = prepared(`
    create view names as select name from author;
    create trigger on_names instead of insert on names begin insert into author (name) values (new.name); end;
    create trigger on_author after insert on author begin delete from city; end`)
  const migrations = { '1': running(["insert into names values ('Mary')"]) }
  const error = await thrownBy(MigrationFailedError, () => checkedBy(dir, migrations))
  expect(error.message).toContain('a row of street refers to nothing in city')
})

test.each<[string, string[], string]>([
  ['a parent row that is deleted', ['delete from author where id = 1'], 'a row of book'],
  ['a parent table that is dropped', ['drop table city'], 'a row of street'],
  [
    'a table that is rebuilt without a row',
    [
      'create table new_book (id integer primary key, author_id integer references author (id), title text)',
      'insert into new_book select * from book where id = 2',
      'drop table book',
      'alter table new_book rename to book',
    ],
    'a row of page',
  ],
  ['a row that refers to nothing', ['insert into street values (2, 99)'], 'a row of street'],
  [
    'a default that refers to nothing',
    ['alter table city add column author_id integer default 7 references author (id)'],
    'a row of city',
  ],
  [
    'a unique index that a foreign key needs',
    [
      'create unique index by_name on city (name)',
      'create table tram (id integer primary key, city text references city (name))',
      'drop index by_name',
    ],
    'foreign key mismatch',
  ],
])('%s: the migration is undone, and those before it stay', async (_, statements, words) => {
  const { dir, connection } = prepared()
  const migrations = {
    '1': running(['create table note (id integer primary key)']),
    '2': running(statements),
  }
  const error = await thrownBy(MigrationFailedError, () => checkedBy(dir, migrations))
  expect(error).toMatchObject({ migration: '2' })
  expect(error.message).toContain(words)
  expect(connection.prepare('select name from kysely_migration').pluck().all()).toEqual(['1'])
  expect(connection.prepare('select count(*) from author').pluck().get()).toBe(2)
})

test.each(['inline', 'threads'] as const)(
  'a migration may keep faults from before, but not add one: %s',
  async (mode) => {
    const { dir, connection } = prepared('delete from author where id = 2')
    const open = async (migrations: Migrations) => {
      const pool = await connect({ dir, migrations, mode, keepBackups: 0 })
      await pool.close()
    }
    const one = { '1': running(["update book set title = 'New'"]) }
    await open(one)
    const renamed = { ...one, '2': running(['alter table book rename to volume', 'delete from page']) }
    await open(renamed)
    const before = dump(connection)
    const third = { ...renamed, '3': running(['delete from author']) }
    const error = await thrownBy(MigrationFailedError, () => open(third))
    expect(error.message).toContain('a row of volume refers to nothing')
    expect(dump(connection)).toBe(before)
  },
)
