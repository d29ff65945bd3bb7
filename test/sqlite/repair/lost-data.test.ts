import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { listBackups } from '../../../src/main/sqlite/backup/backup-folder.ts'
import type { Damage } from '../../../src/main/sqlite/damaged.ts'
import { DatabaseMissingError } from '../../../src/main/sqlite/errors/open-errors.ts'
import type { Migrations } from '../../../src/main/sqlite/migrations/migrations.ts'
import { type ConnectOptions, connect } from '../../../src/main/sqlite/pool.ts'
import { setAllAside } from '../../../src/main/sqlite/repair/set-aside.ts'
import { skip } from '../../support/skip.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { startOwner } from '../owner-process.ts'

const first: Migrations = {
  '001-line': { up: (db) => sql`create table line (id integer primary key)`.execute(db) as never },
}
const second: Migrations = { ...first, '002-none': { up: async () => undefined } }

async function countIn(dir: string, options: Partial<ConnectOptions> = {}): Promise<unknown> {
  const pool = await connect({ dir, mode: 'inline', migrations: second, ...options })
  const { rows } = await sql<{ n: number }>`select count(*) as n from line`.execute(pool.db)
  await pool.close()
  return rows[0]?.n
}

/** A directory that was used, with a backup of one row. */
async function usedDirectory() {
  const dir = temporaryDirectory()
  const pool = await connect({ dir, mode: 'inline', migrations: first })
  await sql`insert into line default values`.execute(pool.db)
  await pool.close()
  expect(await countIn(dir)).toBe(1)
  return { dir, path: join(dir, 'app.db') }
}

async function missing(dir: string): Promise<DatabaseMissingError> {
  const before = readdirSync(dir).sort()
  const error = await thrownBy(DatabaseMissingError, () => countIn(dir))
  expect(readdirSync(dir).sort()).toEqual(before)
  return error
}

test.each(['zero bytes', 'missing'])(
  'a database that is %s next to backups is not a first run',
  async (how) => {
    const { dir, path } = await usedDirectory()
    if (how === 'missing') rmSync(path)
    else truncateSync(path, 0)
    rmSync(`${path}-checkpoint`)
    const error = await missing(dir)
    const backups = listBackups(path).map((backup) => backup.path)
    expect(error).toMatchObject({ path, traces: backups, newestBackup: { path: backups[0] } })
    expect(await countIn(dir, { onDamaged: 'restore' })).toBe(1)
  },
)

test.each(['a record', 'no record'])(
  'the log of a database that is missing is not played into the restored backup, with %s',
  async (how) => {
    const { dir, path } = await usedDirectory()
    const other = new SqliteDatabase(path)
    other.exec('create table other (id integer primary key); insert into line default values')
    const log = readFileSync(`${path}-wal`)
    other.close()
    rmSync(path)
    writeFileSync(`${path}-wal`, log)
    if (how === 'no record') rmSync(`${path}-checkpoint`)
    const asked: string[] = []
    const onDamaged = ({ kind }: Damage) => {
      asked.push(kind)
      return 'restore' as const
    }
    expect(await countIn(dir, { onDamaged })).toBe(1)
    expect(asked).toEqual(['missing'])
    const kept = readdirSync(dir).filter((name) => /^app\.db\.(damaged|set-aside)-.*-wal$/.test(name))
    expect(kept.map((name) => readFileSync(join(dir, name)).equals(log))).toEqual([true])
  },
)

test('the record of a clean close is a trace of use', async () => {
  const { dir, path } = await usedDirectory()
  rmSync(path)
  rmSync(join(dir, 'app.backups'), { recursive: true })
  expect((await missing(dir)).traces).toEqual([`${path}-checkpoint`])
})

test.each(['zero bytes', 'missing'])('a log with a commit is kept when its database is %s', async (how) => {
  const dir = temporaryDirectory()
  const path = join(dir, 'app.db')
  const owner = await startOwner(dir)
  await owner.run('create table line (id integer primary key)')
  await owner.kill()
  if (how === 'missing') rmSync(path)
  else truncateSync(path, 0)
  rmSync(`${path}-checkpoint`)
  expect((await missing(dir)).traces).toEqual([`${path}-wal`])
  expect(existsSync(`${path}-wal`)).toBe(true)
})

test.each(['zero bytes', 'missing'])(
  'a database of %s without a trace of use is a first run',
  async (how) => {
    const dir = temporaryDirectory()
    if (how === 'zero bytes') writeFileSync(join(dir, 'app.db'), '')
    expect(await countIn(dir)).toBe(0)
  },
)

test('after the choice to start empty, only traces of use that are newer raise the question again', async () => {
  const { dir, path } = await usedDirectory()
  rmSync(path)
  for (const backup of listBackups(path)) writeFileSync(backup.path, 'damaged')
  const asked: Damage[] = []
  const onDamaged = (damage: Damage) => {
    asked.push(damage)
    return 'start-empty' as const
  }
  expect(await countIn(dir, { onDamaged })).toBe(0)
  expect(asked).toMatchObject([{ kind: 'missing', choices: ['keep', 'start-empty'] }])
  expect(await countIn(dir)).toBe(0)
  rmSync(path)
  expect((await missing(dir)).traces).toContain(`${path}-checkpoint`)
})

test('the record of the choice to start empty can be written by the group that shares the directory', (ctx) => {
  if (process.platform === 'win32') skip(ctx, 'Windows has no such permissions')
  const dir = temporaryDirectory()
  chmodSync(dir, 0o770)
  setAllAside(join(dir, 'app.db'))
  expect(statSync(join(dir, 'app.db-checkpoint')).mode & 0o777).toBe(0o660)
})
