import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, expect, test } from 'vitest'
import { newBackupPath } from '../../src/main/sqlite/backup/backup-folder.ts'
import { DatabaseInUseError } from '../../src/main/sqlite/errors/backup-errors.ts'
import { connect, release, resetPools } from '../../src/main/sqlite/pool.ts'
import { restoreNewestBackup } from '../../src/main/sqlite/restore-newest-backup.ts'
import { copyPackage } from '../support/copy-package.ts'
import { runLockScript } from '../support/lock-script.ts'
import { isFree } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'

afterEach(resetPools)

function moduleOfACopy(file: string): string {
  return new URL(`../sqlite/${file}`, copyPackage()).href
}

test('two copies of the package in one process share one database', async () => {
  const { said } = await runLockScript(
    temporaryDirectory(),
    `import * as one from ${JSON.stringify(moduleOfACopy('pool.js'))}
     import * as two from ${JSON.stringify(moduleOfACopy('pool.js'))}
     const [first, second] = [await one.connect({ dir }), await two.connect({ dir })]
     await one.release(dir)
     const afterOne = (await second.stats()).writer.state
     await two.release(dir)
     const afterTwo = await second.stats().then(() => second.query({ sql: 'select 1', parameters: [] }))
       .catch(({ code }) => code)
     say({ areTwo: one.connect !== two.connect, isShared: first.db === second.db, afterOne, afterTwo })`,
  )
  expect(said).toEqual({
    areTwo: true,
    isShared: true,
    afterOne: 'idle',
    afterTwo: 'ERR_DATADIR_POOL_CLOSED',
  })
})

test('a handle from one copy of the package leaves the database open for a handle from the other copy', async () => {
  const dir = temporaryDirectory()
  const { said } = await runLockScript(
    dir,
    `import { sql } from 'kysely'
     import * as one from ${JSON.stringify(moduleOfACopy('pool.js'))}
     import * as two from ${JSON.stringify(moduleOfACopy('pool.js'))}
     const [first, second] = [await one.connect({ dir }), await two.connect({ dir })]
     const works = () => second.query(sql\`select 1\`.compile(second.db)).then(() => 'open', ({ code }) => code)
     await Promise.all([first.close(), first.close()])
     const afterOne = await works()
     await second.close()
     say({ isShared: first.db === second.db, afterOne, afterTwo: await works() })
     process.stdin.resume()`,
  )
  expect(said).toEqual({ isShared: true, afterOne: 'open', afterTwo: 'ERR_DATADIR_POOL_CLOSED' })
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test('one copy of the package does not restore a database that the other copy has open', async () => {
  const { said } = await runLockScript(
    temporaryDirectory(),
    `import { connect, release } from ${JSON.stringify(moduleOfACopy('pool.js'))}
     import { restoreNewestBackup } from ${JSON.stringify(moduleOfACopy('restore-newest-backup.js'))}
     await connect({ dir })
     const { code } = await restoreNewestBackup(dir).catch((error) => error)
     await release(dir)
     say({ code })`,
  )
  expect(said).toEqual({ code: 'ERR_DATADIR_DATABASE_IN_USE' })
})

test('a database that was opened and closed again while it closed is in use until the second close has ended', async () => {
  const dir = temporaryDirectory()
  await connect({ dir })
  const first = release(dir)
  const reopened = connect({ dir })
  const second = release(dir)
  await first
  await thrownBy(DatabaseInUseError, () => restoreNewestBackup(dir))
  await Promise.all([reopened, second])
})

test('resetPools waits for a database that is already being closed', async () => {
  const dir = temporaryDirectory()
  await connect({ dir })
  const closing = release(dir)
  await resetPools()
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
  await closing
})

test('a database that is opened while it is restored is opened afterwards', async () => {
  const dir = temporaryDirectory()
  const path = join(dir, 'app.db')
  const backup = new SqliteDatabase(newBackupPath(path, '001'))
  backup.exec("create table line (text); insert into line values ('kept')")
  backup.close()
  const restoring = restoreNewestBackup(dir)
  const { db } = await connect<{ line: { text: string } }>({ dir })
  expect(await db.selectFrom('line').selectAll().execute()).toEqual([{ text: 'kept' }])
  expect((await restoring).setAside).toBeUndefined()
})
