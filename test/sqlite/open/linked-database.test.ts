// Two data directories whose `app.db` is one file would both own it: a lock belongs to its directory.
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { DatabaseLinkedError } from '../../../src/main/sqlite/errors/open-errors.ts'
import { connect, resetPools } from '../../../src/main/sqlite/pool.ts'
import { isFree } from '../../support/processes.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { openPlainDatabase } from '../plain-database.ts'

afterEach(resetPools)

/** Two data directories. The first has a database with a table. */
function twoDirectories() {
  const parent = temporaryDirectory()
  const [first, second] = [join(parent, 'first'), join(parent, 'second')]
  for (const dir of [first, second]) mkdirSync(dir)
  const { connection } = openPlainDatabase(join(first, 'app.db'))
  connection.exec('create table line (text)')
  connection.close()
  return { first, second, file: join(first, 'app.db'), link: join(second, 'app.db') }
}

const modes = ['threads', 'inline'] as const

test.each(modes)('a database that is a symbolic link is refused, in mode %s', async (mode) => {
  const { second, file, link } = twoDirectories()
  const before = readFileSync(file)
  symlinkSync(file, link)
  const error = await thrownBy(DatabaseLinkedError, () => connect({ dir: second, mode }))
  expect(error).toMatchObject({ path: link, link: 'symbolic', target: file })
  expect(error.message).toContain(file)
  expect(readFileSync(file).equals(before)).toBe(true)
  expect(existsSync(`${file}-wal`)).toBe(false)
  expect(isFree(join(second, 'app.lock'))).toBe(true)
})

test('a link that leads nowhere creates no database elsewhere', async () => {
  const { second, file, link } = twoDirectories()
  symlinkSync(`${file}.missing`, link)
  await thrownBy(DatabaseLinkedError, () => connect({ dir: second }))
  expect(existsSync(`${file}.missing`)).toBe(false)
})

test('a database with a second name elsewhere is refused under both names', async () => {
  const { first, second, file, link } = twoDirectories()
  linkSync(file, link)
  for (const dir of [first, second]) {
    const error = await thrownBy(DatabaseLinkedError, () => connect({ dir }))
    expect(error).toMatchObject({ path: join(dir, 'app.db'), link: 'hard', target: undefined })
  }
})

test('a database with a second name in its own directory is refused: that name has a lock of its own', async () => {
  const { first, file } = twoDirectories()
  linkSync(file, join(first, 'other.db'))
  await thrownBy(DatabaseLinkedError, () => connect({ dir: first }))
  await thrownBy(DatabaseLinkedError, () => connect({ dir: first, name: 'other' }))
})

test('a database that an interrupted restore gave a second name opens', async () => {
  const { first, file } = twoDirectories()
  linkSync(file, `${file}.damaged-2026-03-04T05-06-07.890Z`)
  const { db } = await connect<{ line: { text: string } }>({ dir: first })
  expect(await db.selectFrom('line').selectAll().execute()).toEqual([])
})

test.each(['-wal', '-shm', '-journal'])('a %s that is a symbolic link is refused', async (companion) => {
  const { first, second, file } = twoDirectories()
  const target = join(second, 'elsewhere')
  writeFileSync(target, 'what another program needs')
  symlinkSync(target, file + companion)
  const error = await thrownBy(DatabaseLinkedError, () => connect({ dir: first }))
  expect(error).toMatchObject({ path: file + companion, link: 'symbolic', target })
  expect(readFileSync(target, 'utf8')).toBe('what another program needs')
})

test('a data directory that is a symbolic link opens: its lock is in the real directory', async () => {
  const { first, second } = twoDirectories()
  renameSync(second, `${second}.away`)
  symlinkSync(first, second)
  const { dir } = await connect({ dir: second })
  expect(dir).toBe(first)
})
