import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sql } from 'kysely'
import { getLoadablePath } from 'sqlite-vec'
import { describe, expect, onTestFinished, test } from 'vitest'
import { NativeModuleError } from '../../../src/main/runtime/errors.ts'
import { ConnectionSetupError } from '../../../src/main/sqlite/errors/setup-errors.ts'
import type { Migrations } from '../../../src/main/sqlite/migrations/migrations.ts'
import { type ConnectOptions, connect } from '../../../src/main/sqlite/pool.ts'
import { restoreNewestBackup } from '../../../src/main/sqlite/restore-newest-backup.ts'
import { InvalidOptionError } from '../../../src/shared/data-dir-error.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { overwritePages } from '../damaged-pages.ts'

const { resolve } = createRequire(import.meta.url)

async function openIn(dir: string, options: Partial<ConnectOptions>) {
  const pool = await connect({ dir, readers: 1, ...options })
  onTestFinished(() => pool.close())
  return pool
}

/** Writes a module of an app, and returns its path. */
function moduleOf(text: string, name = 'connection.mjs'): string {
  const path = join(temporaryDirectory(), name)
  writeFileSync(path, text)
  return path
}

const reversing = `export function connection(database, { readonly }) {
  database.function('reversed', { deterministic: true }, (text) => [...text].reverse().join(''))
  database.function('is_reader', () => (readonly ? 1 : 0))
  database.aggregate('longest', { start: '', step: (longest, next) => (next.length > longest.length ? next : longest) })
}`

const vectors: Migrations = {
  '001-vector': {
    async up(db) {
      await sql`create virtual table vector using vec0(place float[2])`.execute(db)
      await sql`insert into vector (rowid, place) values (1, '[1, 0]'), (2, '[0, 1]')`.execute(db)
      await sql`create table note (id integer primary key, text text)`.execute(db)
    },
  },
}

const extensions = [getLoadablePath()]
const nearest = sql<{
  rowid: number
}>`select rowid from vector where place match '[0, 2]' order by distance limit 1`

describe.each(['threads', 'inline'] as const)('with mode %s', (mode) => {
  test('an extension is loaded on the writer and on the readers, and in backups and checks', async () => {
    const dir = temporaryDirectory()
    const pool = await openIn(dir, { mode, extensions, migrations: vectors, checkOnOpen: true })
    expect((await nearest.execute(pool.db)).rows).toEqual([{ rowid: 2 }])
    const written = await pool.db.transaction().execute((transaction) => nearest.execute(transaction))
    expect(written.rows).toEqual([{ rowid: 2 }])
    await pool.backup(join(temporaryDirectory(), 'copy.db'))
    await pool.close()
    const again = await openIn(dir, { mode, extensions, migrations: vectors, checkOnOpen: true })
    expect((await nearest.execute(again.db)).rows).toEqual([{ rowid: 2 }])
  })

  test('an extension that cannot be loaded is named, and no database is created', async () => {
    const [dir, missing] = [temporaryDirectory(), join(temporaryDirectory(), 'missing.so')]
    const open = () => connect({ dir, mode, extensions: [missing] })
    const error = await thrownBy(ConnectionSetupError, open)
    expect(error).toMatchObject({ part: 'extensions', path: missing })
    expect(error.message).toContain(missing)
  })

  test.each([
    ['an ES module', reversing, 'connection.mjs'],
    [
      'a CommonJS module',
      reversing.replace('export function connection', 'exports.connection = function'),
      'connection.cjs',
    ],
    [
      'a bundled CommonJS module',
      `module.exports = make()\nfunction make() { return { ${reversing.replace('export function ', '')} } }`,
      'connection.cjs',
    ],
  ])('%s adds functions to every connection', async (_kind, text, name) => {
    const path = moduleOf(text, name)
    for (const connection of [path, pathToFileURL(path).href]) {
      const pool = await openIn(temporaryDirectory(), { mode, connection })
      const read = sql`select reversed('abc') as text, is_reader() as reader, longest('a') as longest`
      expect((await read.execute(pool.db)).rows).toEqual([{ text: 'cba', reader: 1, longest: 'a' }])
      const { rows } = await pool.db.connection().execute((one) => read.execute(one))
      expect(rows).toEqual([{ text: 'cba', reader: 0, longest: 'a' }])
    }
  })

  test('an index on a function of the app is checked, rebuilt and backed up', async () => {
    const dir = temporaryDirectory()
    const migrations: Migrations = {
      '001-word': {
        async up(db) {
          await sql`create table word (id integer primary key, text text)`.execute(db)
          await sql`create index by_end on word (reversed(text))`.execute(db)
          await sql`with recursive n (i) as (select 1 union all select i + 1 from n where i < 500)
            insert into word select i, 'word ' || i || hex(zeroblob(40)) from n`.execute(db)
        },
      },
    }
    const options = { mode, migrations, connection: moduleOf(reversing), trustedSchema: true }
    const pool = await openIn(dir, options)
    await pool.backup(join(temporaryDirectory(), 'copy.db'))
    await pool.close()
    overwritePages(join(dir, 'app.db'), 'by_end', 'leaf')
    const rebuilt = await openIn(dir, { ...options, checkOnOpen: true, onDamaged: 'restore' })
    const { rows } = await sql`pragma integrity_check`.execute(rebuilt.db)
    expect(rows).toEqual([{ integrity_check: 'ok' }])
  })

  test('the option `integers` decides, whatever the module sets', async () => {
    const connection = moduleOf('export function connection(database) { database.defaultSafeIntegers(true) }')
    const { db } = await openIn(temporaryDirectory(), { mode, connection })
    expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }])
  })

  test.each([
    ['that throws', `export function connection() { throw new Error('it is broken') }`, 'it is broken'],
    ['without the function', `export const other = 1`, 'it exports no function `connection`'],
    ['that returns a promise', `export async function connection() { throw new Error('late') }`, 'promise'],
    ['that cannot be read', `this is no JavaScript`, ''],
  ])('a module %s is named', async (_what, text, words) => {
    const path = moduleOf(text)
    const open = () => connect({ dir: temporaryDirectory(), mode, connection: path })
    const error = await thrownBy(ConnectionSetupError, open)
    expect(error).toMatchObject({ part: 'connection', code: 'ERR_DATADIR_CONNECTION_SETUP' })
    expect(error.path).toBe(path)
    expect(error.message).toContain(path)
    expect(error.message).toContain(words)
  })

  test('a module that is missing is named', async () => {
    const path = join(temporaryDirectory(), 'missing.mjs')
    const error = await thrownBy(ConnectionSetupError, () =>
      connect({ dir: temporaryDirectory(), mode, connection: path }),
    )
    expect(error.path).toBe(path)
  })

  test('a driver that is missing is named, before a database is created', async () => {
    const open = () => connect({ dir: temporaryDirectory(), mode, driver: 'no-such-driver' })
    const error = await thrownBy(NativeModuleError, open)
    expect(error).toMatchObject({ module: 'no-such-driver', failure: 'not-installed' })
    expect(error.remedy).toContain('npm install no-such-driver')
  })

  test('a driver that is something else is refused', async () => {
    const driver = moduleOf('module.exports = class {}', 'other.cjs')
    const open = () => connect({ dir: temporaryDirectory(), mode, driver })
    expect((await thrownBy(InvalidOptionError, open)).option).toBe('driver')
  })

  test("the driver's version of SQLite is checked", async () => {
    const driver = moduleOf(
      `const Database = require(${JSON.stringify(resolve('better-sqlite3'))})
class Old extends Database {
  prepare(text) { return super.prepare(text.replace('sqlite_version()', "'3.40.0'")) }
}
module.exports = Object.assign(Old, { SqliteError: Database.SqliteError })`,
      'old.cjs',
    )
    await expect(connect({ dir: temporaryDirectory(), mode, driver })).rejects.toMatchObject({
      code: 'ERR_DATADIR_SQLITE_TOO_OLD',
      version: '3.40.0',
    })
  })
})

test('a name is found beside the app, from which this package cannot be found', async () => {
  const dir = temporaryDirectory()
  const folder = join(dir, 'node_modules', 'of-the-app')
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'index.js'),
    `module.exports = require(${JSON.stringify(resolve('better-sqlite3'))})`,
  )
  const { argv } = process
  process.argv = [argv[0] ?? '', join(dir, 'main.js')]
  onTestFinished(() => {
    process.argv = argv
  })
  const pool = await openIn(temporaryDirectory(), { driver: 'of-the-app' })
  expect((await sql`select 1 as one`.execute(pool.db)).rows).toEqual([{ one: 1 }])
})

test('a restore checks backups with the set-up of the app', async () => {
  const dir = temporaryDirectory()
  const path = join(temporaryDirectory(), 'missing.mjs')
  await (await connect({ dir, migrations: vectors, extensions, backupEvery: 1 })).close()
  await thrownBy(ConnectionSetupError, () => restoreNewestBackup(dir, 'app', { connection: path }))
})

test.each([
  ['extensions', ['vec0.so']],
  ['extensions', '/vec0.so'],
  ['driver', './better-sqlite3'],
  ['driver', ''],
  ['connection', 'connection.js'],
  ['key', ''],
  ['attach', { main: '/a.db' }],
  ['attach', { 'a b': '/a.db' }],
  ['attach', { a: '/a.db', A: '/b.db' }],
  ['attach', { a: ':memory:' }],
  ['attach', { a: '' }],
])('%s: %j is refused', async (option, value) => {
  const open = () => connect({ dir: temporaryDirectory(), [option]: value })
  expect((await thrownBy(InvalidOptionError, open)).option).toBe(option)
})
