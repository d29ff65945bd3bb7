import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import SqliteDatabase from 'better-sqlite3'
import { type Kysely, sql } from 'kysely'
import { afterEach, describe, expect, test } from 'vitest'
import type { BackupProgress } from '../../src/main/sqlite/backup/backup.ts'
import { newBackupPath } from '../../src/main/sqlite/backup/backup-folder.ts'
import { BackupFailedError } from '../../src/main/sqlite/errors/backup-errors.ts'
import type { Migrations } from '../../src/main/sqlite/migrations/migrations.ts'
import { type ConnectOptions, connect, resetPools } from '../../src/main/sqlite/pool.ts'
import { runLockScript } from '../support/lock-script.ts'
import { isFree } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'

// Errors that the app's own callbacks throw.

afterEach(resetPools)

interface Schema {
  line: { text: string }
}

const migrations: Migrations = {
  '001-line': {
    async up(db: Kysely<unknown>) {
      await sql`create table line (text text)`.execute(db)
      await sql`
        with recursive n (i) as (select 1 union all select i + 1 from n where i < 2000)
        insert into line select printf('%01000d', i) from n`.execute(db)
    },
  },
}

const mistake = new Error('no window to show it in')

function fail(): never {
  throw mistake
}

/** What an app does after it gets the error. */
async function canBeOpened(dir: string, mode: 'threads' | 'inline'): Promise<void> {
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
  const pool = await connect<Schema>({ dir, migrations, mode })
  await pool.db.insertInto('line').values({ text: 'again' }).execute()
  await pool.close()
}

describe.each(['threads', 'inline'] as const)('%s', (mode) => {
  test.each([
    ['first', () => fail()],
    ['last', ({ copiedPages, totalPages }: BackupProgress) => void (copiedPages === totalPages && fail())],
  ] as const)(
    'a backup whose onProgress throws in the %s call fails with that error and leaves no file',
    async (_, onProgress) => {
      const dir = temporaryDirectory()
      const pool = await connect<Schema>({ dir, migrations, mode })
      const to = join(dir, 'copy.db')
      writeFileSync(to, 'the backup of yesterday')
      const error = await thrownBy(BackupFailedError, () => pool.backup(to, { onProgress }))
      expect(error).toMatchObject({ reason: 'callback', path: to, cause: mistake })
      expect(error.message).toContain(mistake.message)
      expect(readFileSync(to, 'utf8')).toBe('the backup of yesterday')
      expect(readdirSync(dir).filter((name) => name.includes('partial'))).toEqual([])
      await pool.backup(to)
      await pool.db.insertInto('line').values({ text: 'the pool goes on' }).execute()
    },
  )

  test('a backup does not call onProgress again after it has thrown', async () => {
    const dir = temporaryDirectory()
    const { backup } = await connect({ dir, migrations, mode })
    let calls = 0
    const onProgress = () => {
      calls++
      fail()
    }
    await thrownBy(BackupFailedError, () => backup(join(dir, 'copy.db'), { onProgress }))
    expect(calls).toBe(1)
  })

  test.each([
    ['first', 0],
    ['last', 1],
  ])(
    'connect whose onMigrationProgress throws in the %s call fails with that error and releases everything',
    async (_, at) => {
      const dir = temporaryDirectory()
      const onMigrationProgress: ConnectOptions['onMigrationProgress'] = ({ done }) => {
        if (done === at) fail()
      }
      await expect(connect({ dir, migrations, mode, onMigrationProgress })).rejects.toBe(mistake)
      await canBeOpened(dir, mode)
    },
  )

  test('connect whose onDamaged throws fails with that error, restores nothing and releases everything', async () => {
    const dir = temporaryDirectory()
    const path = join(dir, 'app.db')
    const backup = new SqliteDatabase(newBackupPath(path, '001'))
    backup.exec('create table line (text)')
    backup.close()
    const content = 'no database, but longer than the header of one '.repeat(9)
    writeFileSync(path, content)
    await expect(connect({ dir, mode, onDamaged: fail })).rejects.toBe(mistake)
    expect(readFileSync(path, 'utf8')).toBe(content)
    expect(isFree(join(dir, 'app.lock'))).toBe(true)
  })
})

test('an error that onSlowQuery or onPinnedLog throws is an uncaught exception, and the pool still works', async () => {
  const dir = temporaryDirectory()
  const pool = pathToFileURL(resolve(import.meta.dirname, '../../dist/main/sqlite/pool.js')).href
  const { said } = await runLockScript(
    dir,
    `import { sql } from 'kysely'
     import { connect } from ${JSON.stringify(pool)}
     const uncaught = []
     process.on('uncaughtException', ({ message }) => uncaught.push(message))
     const until = async (message) => {
       while (!uncaught.includes(message)) await new Promise((resolve) => setTimeout(resolve, 20))
     }
     const opened = await connect({
       dir,
       slowQueryThreshold: 0,
       onSlowQuery() { throw new Error('slow') },
       onPinnedLog() { throw new Error('pinned') },
     })
     const { db } = opened
     await sql\`create table line (text)\`.execute(db)
     await until('slow')
     let goOn
     const reading = db.transaction().setAccessMode('read only').execute(async (trx) => {
       await sql\`select * from line\`.execute(trx)
       await new Promise((resolve) => { goOn = resolve })
     })
     while (!goOn) await new Promise((resolve) => setTimeout(resolve, 20))
     await sql\`insert into line select printf('%0100000000d', 1)\`.execute(db)
     await until('pinned')
     goOn()
     await reading
     const { rows } = await sql\`select count(*) as count from line\`.execute(db)
     await opened.backup(dir + '/copy.db')
     await opened.close()
     say({ uncaught: [...new Set(uncaught)].sort(), rows })`,
  )
  expect(said).toEqual({ uncaught: ['pinned', 'slow'], rows: [{ count: 1 }] })
  expect(existsSync(join(dir, 'copy.db'))).toBe(true)
})
