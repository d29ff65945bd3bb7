import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Kysely, sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import { listBackups, newBackupPath } from '../../../src/main/sqlite/backup/backup-folder.ts'
import type { Damage } from '../../../src/main/sqlite/damaged.ts'
import { NoBackupError } from '../../../src/main/sqlite/errors/backup-errors.ts'
import { DatabaseNewerError } from '../../../src/main/sqlite/errors/open-errors.ts'
import type { Migrations } from '../../../src/main/sqlite/migrations/migrations.ts'
import { connect, resetPools } from '../../../src/main/sqlite/pool.ts'
import { restoreNewestBackup } from '../../../src/main/sqlite/restore-newest-backup.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { openPlainDatabase } from '../plain-database.ts'

interface Schema {
  line: { text: string }
}

const statement = (text: string) => ({ up: (db: Kysely<unknown>) => sql.raw(text).execute(db) as never })

const version1: Migrations = { '001': statement('create table line (text text)') }
const version2: Migrations = { ...version1, '002': statement('alter table line add column second text') }
const version3: Migrations = { ...version2, '003': statement('alter table line add column third text') }

afterEach(resetPools)

/** Each version adds one row. The update to version 2 has a backup with one row, that to version 3 one with two. */
async function afterVersion3(): Promise<string> {
  const dir = temporaryDirectory()
  for (const migrations of [version1, version2, version3]) {
    const pool = await connect<Schema>({ dir, migrations, mode: 'inline' })
    await pool.db.insertInto('line').values({ text: 'a row' }).execute()
    await pool.close()
  }
  return dir
}

const rowsOf = (path: string) => openPlainDatabase(path).connection.prepare('select * from line').all()

test('version 1 of an app, opened after version 3, can restore its own backup, and the newer file is set aside', async () => {
  const dir = await afterVersion3()
  const asked: Damage[] = []
  const pool = await connect<Schema>({
    dir,
    migrations: version1,
    onDamaged: (damage) => {
      asked.push(damage)
      return 'restore'
    },
  })
  expect(asked).toMatchObject([
    { kind: 'newer', newestBackup: { before: '002' }, choices: ['keep', 'restore'] },
  ])
  expect(await pool.db.selectFrom('line').selectAll().execute()).toEqual([{ text: 'a row' }])
  const [aside = '', ...others] = readdirSync(dir).filter((name) =>
    /^app\.db\.(damaged|set-aside)-.*Z$/.test(name),
  )
  expect(others).toEqual([])
  expect(rowsOf(join(dir, aside))).toHaveLength(3)
})

test('without a choice the error names the backup that fits', async () => {
  const dir = await afterVersion3()
  const error = await thrownBy(DatabaseNewerError, () => connect({ dir, migrations: version1 }))
  expect(error.newestBackup?.before).toBe('002')
  expect(error.remedy).toContain(error.newestBackup?.path)
  expect(rowsOf(join(dir, 'app.db'))).toHaveLength(3)
})

test('restoreNewestBackup finds the newest backup that the app can open, and without migrations the newest', async () => {
  const dir = await afterVersion3()
  expect((await restoreNewestBackup(dir)).backup.before).toBe('003')
  expect((await restoreNewestBackup(dir, 'app', { migrations: version1 })).backup.before).toBe('002')
  const pool = await connect<Schema>({ dir, migrations: version1 })
  expect(await pool.db.selectFrom('line').selectAll().execute()).toHaveLength(1)
})

test('if no backup fits, nothing is changed', async () => {
  const dir = await afterVersion3()
  const { ino } = statSync(join(dir, 'app.db'))
  await thrownBy(NoBackupError, () =>
    restoreNewestBackup(dir, 'app', { migrations: { '000': statement('') } }),
  )
  expect(statSync(join(dir, 'app.db')).ino).toBe(ino)
})

test('a backup of a database that had no migrations fits every version', async () => {
  const dir = await afterVersion3()
  const plain = newBackupPath(join(dir, 'app.db'), undefined)
  const { connection } = openPlainDatabase(plain)
  connection.pragma('journal_mode = delete')
  connection.exec('create table line (text text)')
  connection.close()
  writeFileSync(newBackupPath(join(dir, 'app.db'), '004'), 'not a database')
  expect(listBackups(join(dir, 'app.db'))).toHaveLength(4)
  expect((await restoreNewestBackup(dir, 'app', { migrations: version1 })).backup.path).toBe(plain)
})
