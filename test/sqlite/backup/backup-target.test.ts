// A backup replaces what is at its path, and must not replace what a data directory needs or keeps.
import { linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { refuseOwnFiles } from '../../../src/main/sqlite/backup/backup-target.ts'
import { connect, resetPools } from '../../../src/main/sqlite/pool.ts'
import { InvalidOptionError } from '../../../src/shared/data-dir-error.ts'
import { runCli } from '../../cli/run-cli.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { openPlainDatabase } from '../plain-database.ts'

afterEach(resetPools)

const time = '2026-03-01T09-00-00.000Z'
const ownNames = (name: string) => [
  `${name}.db`,
  `${name}.db-wal`,
  `${name}.db-shm`,
  `${name}.db-journal`,
  `${name}.db-check`,
  `${name}.db-checkpoint`,
  `${name}.db.damaged-${time}`,
  `${name}.db.damaged-${time}-wal`,
  `${name}.db.set-aside-${time}`,
  `${name}.db.set-aside-${time}-wal`,
  `${name}.db.partial-0123abcd`,
  `${name}.rescued-${time}.db`,
  `${name}.rescued-${time}.wal`,
  `${name}.lock`,
  `${name}.sock`,
  `${name}.soc~`,
  `${name}.owner.json`,
  `${name}.owner.json.new`,
  `${name}.token-1000`,
  `${name}.backups`,
  `${name}.backups/000001-${time}-scheduled.db`,
  `${name}.backups/000002-${time}-before-2-more.db`,
  `${name}.backups/000002-${time}-before-2-more-index-damaged.db`,
]

/** A data directory that two names use, and a folder that is none. */
function directories() {
  const dir = temporaryDirectory()
  for (const file of ['app.db', 'app.lock', 'other.lock']) writeFileSync(join(dir, file), file)
  for (const name of ['app', 'other']) mkdirSync(join(dir, `${name}.backups`))
  return { dir, databasePath: join(dir, 'app.db'), elsewhere: temporaryDirectory() }
}

const refusal = (databasePath: string, to: string) =>
  thrownBy(InvalidOptionError, () => refuseOwnFiles(databasePath, to))

test.each([
  ...ownNames('app'),
  ...ownNames('other'),
  ...ownNames('App').filter((name) => !name.includes('/')),
  'datadir.guard',
  '.datadir-guard/lock',
])('refused in a data directory: %s', async (file) => {
  const { dir, databasePath, elsewhere } = directories()
  mkdirSync(join(dir, '.datadir-guard'))
  await refusal(databasePath, join(dir, file))
  // In any spelling of the folder.
  symlinkSync(dir, join(elsewhere, 'alias'))
  await refusal(databasePath, join(elsewhere, 'alias', file))
  if (!file.startsWith('App')) await refusal(join(elsewhere, 'mine.db'), join(dir, file))
})

test.each(['copy.db', 'app.copy.db', 'app-monday.db', 'app.db.bak', 'app.backups/mine.db', 'another.db-wal'])(
  'a file of the user’s own may be replaced: %s',
  (file) => {
    const { dir, databasePath } = directories()
    refuseOwnFiles(databasePath, join(dir, file))
    writeFileSync(join(dir, file), 'an earlier backup')
    refuseOwnFiles(databasePath, join(dir, file))
  },
)

test('outside of a data directory every name is allowed', () => {
  const { databasePath, elsewhere } = directories()
  for (const name of ['app.db', 'app.db-wal', 'app.lock', 'notes.db']) {
    refuseOwnFiles(databasePath, join(elsewhere, name))
  }
})

test.each(['app.db', 'app.db-wal', 'app.lock', 'other.db', 'other.lock'])(
  'a link to %s is refused under any name, hard or symbolic',
  async (file) => {
    const { dir, databasePath, elsewhere } = directories()
    writeFileSync(join(dir, file), 'needed')
    const [hard, symbolic] = [join(elsewhere, 'hard.db'), join(elsewhere, 'symbolic.db')]
    linkSync(join(dir, file), hard)
    symlinkSync(join(dir, file), symbolic)
    await refusal(databasePath, hard)
    await refusal(databasePath, symbolic)
  },
)

test('the command line and the pool refuse the log, and leave it as it is', async () => {
  const dir = temporaryDirectory()
  const { backup } = await connect({ dir, migrations: {} })
  await thrownBy(InvalidOptionError, () => backup(join(dir, 'app.db-wal')))
  await backup(join(dir, 'copy.db'))

  const crashed = temporaryDirectory()
  const { connection } = openPlainDatabase(join(crashed, 'app.db'))
  connection.exec("create table line (text); insert into line values ('kept')")
  const before = readFileSync(join(crashed, 'app.db-wal'))
  const { code, stdout, stderr } = await runCli('backup', crashed, join(crashed, 'app.db-wal'))
  expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
  expect(stderr).toContain('is a file that a data directory needs')
  expect(readFileSync(join(crashed, 'app.db-wal'))).toEqual(before)
  expect(readdirSync(crashed).filter((name) => !name.startsWith('app.db'))).toEqual([])
})
