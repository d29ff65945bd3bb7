import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { claim } from '../src/main/claim/claim.ts'
import { acquireDataDirLock } from '../src/main/lock/data-dir-lock.ts'
import { waitForRelease } from '../src/main/lock/wait-for-release.ts'
import { withDataDirLock } from '../src/main/lock/with-data-dir-lock.ts'
import { connect } from '../src/main/sqlite/pool.ts'
import { startContenders } from '../src/main/testing/contenders.ts'
import { startHolder } from '../src/main/testing/start-holder.ts'
import { waitUntilFree } from '../src/main/testing/wait-until-free.ts'
import { InvalidOptionError } from '../src/shared/data-dir-error.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'
import { thrownBy } from './support/thrown-by.ts'

/** As plain JavaScript gives them. */
const misspelt = { naem: 'notes' } as object

test.each<[string, (dir: string) => unknown]>([
  ['acquireDataDirLock', (dir) => acquireDataDirLock({ dir, ...misspelt })],
  ['withDataDirLock', (dir) => withDataDirLock(dir, () => undefined, misspelt)],
  ['waitForRelease', (dir) => waitForRelease(dir, misspelt)],
  ['connect', (dir) => connect({ dir, ...misspelt })],
  ['claim', (dir) => claim({ dir, onLaunch: async () => 'focused', ...misspelt })],
  ['startHolder', (dir) => startHolder({ dir, ...misspelt })],
  ['startContenders', (dir) => startContenders(2, { dir, ...misspelt })],
])('%s refuses an option it does not know, before anything is touched', async (name, call) => {
  const dir = join(temporaryDirectory(), 'data')
  const error = await thrownBy(InvalidOptionError, async () => call(dir))
  expect(error.message).toBe(`${name} has no option "naem". Did you mean "name"?`)
  expect(existsSync(dir)).toBe(false)
})

test('waitUntilFree refuses an option it does not know', async () => {
  const call = () => waitUntilFree({ dir: temporaryDirectory() }, { timeOut: 5 } as object)
  expect((await thrownBy(InvalidOptionError, call)).remedy).toBe('Did you mean "timeout"?')
})

const keepRemedy =
  'Give a whole number of backups from 0 on or an object with count and bytes, both whole numbers.'

test.each([
  ['closeTimeout', Infinity, 'Give a number of milliseconds from 0 to 2147483647.'],
  ['waitTimeout', -1, 'Give a number of milliseconds from 0 to 2147483647.'],
  ['heapLimit', '512', 'Give a whole number of MiB from 1 on.'],
  ['keepBackups', -1, keepRemedy],
  ['keepBackups', { counts: 3 }, keepRemedy],
  ['keepBackups', { bytes: '1 GB' }, keepRemedy],
  ['backupEvery', 'daily', 'Give a whole number of milliseconds from 1 on.'],
  ['integers', 'float', 'Give "number" or "bigint".'],
  ['migrations', [], 'Give an object.'],
  ['filesystem', 'deny', 'Give "warn" or "refuse" or "allow".'],
])('a pool is refused %s: %j', async (option, value, remedy) => {
  const dir = join(temporaryDirectory(), 'data')
  const error = await thrownBy(InvalidOptionError, () => connect({ dir, [option]: value }))
  expect(error).toMatchObject({ option, remedy })
  expect(existsSync(dir)).toBe(false)
})

test('options that only a claim has reach its lock and its pool unhindered', async () => {
  const dir = temporaryDirectory()
  const claimed = await claim({ dir, onLaunch: async () => 'focused' })
  await claimed.close()
})
