import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { acquireDataDirLock } from '../../src/main/lock/data-dir-lock.ts'
import { inspectFlock } from '../../src/main/owner/holder.ts'
import { aliasDirectory } from '../../src/main/testing/alias.ts'
import { startContenders } from '../../src/main/testing/contenders.ts'
import { TestKitError } from '../../src/main/testing/errors.ts'
import { replaceLockFile, unlinkLockFile } from '../../src/main/testing/lock-damage.ts'
import { startHolder } from '../../src/main/testing/start-holder.ts'
import { isFreeToTake, waitUntilFree } from '../../src/main/testing/wait-until-free.ts'
import { isFree, isRunning, untilTestEnds } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'

test('the built kit loads in a Node without the native module too', () => {
  const built = new URL('../../dist/main/testing/api.js', import.meta.url).href
  const script = `import * as kit from ${JSON.stringify(built)}; console.log(Object.keys(kit).join())`
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env
  for (const [program, environment] of [[process.execPath, process.env] as const, ['node', env] as const]) {
    const options = { cwd: join(import.meta.dirname, '../..'), encoding: 'utf8', env: environment } as const
    const { stdout } = spawnSync(program, ['--input-type=module', '-e', script], options)
    expect(stdout.trim().split(',')).toEqual([
      'TestKitError',
      'aliasDirectory',
      'replaceLockFile',
      'startContenders',
      'startHolder',
      'unlinkLockFile',
      'waitUntilFree',
    ])
  }
})

test('a holder holds the lock under its own pid until it is killed', async () => {
  const dir = temporaryDirectory()
  const holder = untilTestEnds(await startHolder({ dir, name: 'notes' }))
  expect(holder).toMatchObject({ dir, name: 'notes', lockPath: join(dir, 'notes.lock') })
  expect(inspectFlock(holder.lockPath).holder?.pid).toBe(holder.pid)
  expect(isFree(holder.lockPath)).toBe(false)
  await holder.kill()
  expect(isFree(holder.lockPath)).toBe(true)
})

test('a holder releases and ends', async () => {
  const holder = untilTestEnds(await startHolder({ dir: temporaryDirectory() }))
  await holder.release()
  expect(isFree(holder.lockPath)).toBe(true)
  expect(isRunning(holder.pid)).toBe(false)
})

test('a stopped holder still holds the lock, and can release it', async () => {
  const holder = untilTestEnds(await startHolder({ dir: temporaryDirectory() }))
  await holder.stop()
  expect(isFree(holder.lockPath)).toBe(false)
  await holder.release()
  expect(isFree(holder.lockPath)).toBe(true)
})

test('a second holder is refused, with the reason and the pid of the first', async () => {
  const holder = untilTestEnds(await startHolder({ dir: temporaryDirectory() }))
  const error = await thrownBy(TestKitError, () => startHolder({ dir: holder.dir }))
  expect(error.reason).toBe('ERR_DATADIR_LOCKED')
  expect(error.message).toContain(`pid ${holder.pid}`)
})

test('a holder whose program does not exist is an error at once', async () => {
  const error = await thrownBy(TestKitError, () =>
    startHolder({ dir: temporaryDirectory(), execPath: '/no/such/program' }),
  )
  expect(error.message).toContain('/no/such/program')
})

test('a holder whose native module does not load says so', async (ctx) => {
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env
  const { stdout } = spawnSync('node', ['-p', 'process.versions.modules'], { encoding: 'utf8', env })
  if (!stdout || stdout.trim() === process.versions.modules) {
    const reason = 'there is no second Node, for which fs-ext is not compiled'
    console.warn(`kit.test.ts: ${reason}`)
    ctx.skip(reason)
  }
  const error = await thrownBy(TestKitError, () =>
    startHolder({ dir: temporaryDirectory(), execPath: 'node' }),
  )
  expect(error.reason).toBe('ERR_DATADIR_NATIVE_MODULE')
})

test('the child of a killed holder lives on without the lock, and ends with its disposal', async () => {
  const holder = untilTestEnds(await startHolder({ dir: temporaryDirectory() }))
  const childPid = await holder.startChild()
  await holder.kill()
  expect(isRunning(childPid)).toBe(true)
  expect(isFree(holder.lockPath)).toBe(true)
  await holder[Symbol.asyncDispose]()
  await expect.poll(() => isRunning(childPid)).toBe(false)
})

test('the lock file of a holder is removed and replaced under it', async () => {
  const holder = untilTestEnds(await startHolder({ dir: temporaryDirectory() }))
  const { ino } = statSync(holder.lockPath)
  replaceLockFile(holder)
  expect(statSync(holder.lockPath).ino).not.toBe(ino)
  unlinkLockFile(holder)
  expect(existsSync(holder.lockPath)).toBe(false)
})

test('a directory has a second path by a symbolic link', async () => {
  const holder = untilTestEnds(await startHolder({ dir: temporaryDirectory() }))
  const alias = aliasDirectory(holder.dir)
  onTestFinished(() => alias[Symbol.dispose]())
  expect(() => acquireDataDirLock({ dir: alias.path })).toThrow(`pid ${holder.pid}`)
})

test('a directory has a second path by a bind mount, and the lock treats both as one directory', async (ctx) => {
  const dir = temporaryDirectory()
  let alias: ReturnType<typeof aliasDirectory>
  try {
    alias = aliasDirectory(dir, 'bind-mount')
  } catch (error) {
    if (!(error instanceof TestKitError)) throw error
    console.warn(`kit.test.ts: ${error.message}`)
    return ctx.skip(error.message)
  }
  onTestFinished(() => alias[Symbol.dispose]())
  const holder = untilTestEnds(await startHolder({ dir }))
  expect(() => acquireDataDirLock({ dir: alias.path })).toThrow(`pid ${holder.pid}`)
  await holder.release()
  const lock = acquireDataDirLock({ dir })
  onTestFinished(() => lock.release())
  const same = acquireDataDirLock({ dir: alias.path })
  expect(same.heldSince).toBe(lock.heldSince)
  same.release()
})

test('exactly one of the contenders at a barrier wins, and the others name it', async () => {
  const contenders = untilTestEnds(await startContenders(5, { dir: temporaryDirectory(), name: 'notes' }))
  const { winners, refused } = await contenders.race()
  expect(winners).toHaveLength(1)
  expect(refused.map(({ code }) => code)).toEqual(Array(4).fill('ERR_DATADIR_LOCKED'))
  const pids = [...winners, ...refused].map(({ pid }) => pid)
  expect(pids.toSorted()).toEqual(contenders.pids.toSorted())
})

test('after the winner of a race was killed, the others race again', async () => {
  const contenders = untilTestEnds(await startContenders(3, { dir: temporaryDirectory() }))
  const first = await contenders.race()
  await first.winners[0]?.kill()
  const second = await contenders.race()
  expect(second.winners).toHaveLength(1)
  expect(second.refused).toHaveLength(1)
})

test('waitUntilFree returns when the lock is released, and throws when the time is up', async () => {
  const holder = untilTestEnds(await startHolder({ dir: temporaryDirectory() }))
  await thrownBy(TestKitError, () => waitUntilFree(holder, { timeout: 50 }))
  const free = waitUntilFree(holder)
  await holder.kill()
  await free
  expect(isFree(holder.lockPath)).toBe(true)
})

test('a holder ends with the process that started it, even if that is killed', async () => {
  const dir = temporaryDirectory()
  const kit = new URL('../../dist/main/testing/api.js', import.meta.url).href
  const script = `import { startHolder } from ${JSON.stringify(kit)}
    console.log((await startHolder({ dir: ${JSON.stringify(dir)} })).pid)`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => {
    parent.kill('SIGKILL')
  })
  await once(parent.stdout, 'data')
  expect(isFree(join(dir, 'app.lock'))).toBe(false)
  parent.kill('SIGKILL')
  await waitUntilFree({ dir })
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test('if the kernel does not list locks, waitUntilFree takes the lock to see that it is free', async () => {
  const holder = untilTestEnds(await startHolder({ dir: temporaryDirectory() }))
  expect(await isFreeToTake(holder, {})).toBe(false)
  await holder.kill()
  expect(await isFreeToTake(holder, {})).toBe(true)
  expect(isFree(holder.lockPath)).toBe(true)
})
