import {
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { acquireDataDirLock } from '../../src/main/lock/data-dir-lock.ts'
import { LockLostError } from '../../src/main/lock/errors.ts'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import { isFree, startFlockCommand } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'

function acquire(dir: string) {
  const lock = acquireDataDirLock({ dir })
  onTestFinished(() => lock.release())
  return lock
}

test.each([
  ['removed', (path: string) => unlinkSync(path)],
  ['moved away', (path: string) => renameSync(path, `${path}.old`)],
  [
    'replaced',
    (path: string) => {
      writeFileSync(`${path}.new`, 'something else')
      renameSync(`${path}.new`, path)
    },
  ],
])('a lock file that was %s is created again within 2 s, each time', async (_how, harm) => {
  const dir = temporaryDirectory()
  const path = join(dir, 'app.lock')
  const lock = acquire(dir)
  for (let time = 0; time < 3; time++) {
    await sleep(20)
    harm(path)
    await vi.waitFor(() => {
      expect(readOwner(dir)?.pid).toBe(process.pid)
      expect(isFree(path)).toBe(false)
    }, 2_000)
  }
  expect(lock.lost.aborted).toBe(false)
})

test('a removed lock file is created again after the kernel’s event alone, without a regular check', async () => {
  // The looks come when this says so: one that asks for events, and no more.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const dir = temporaryDirectory()
  const path = join(dir, 'app.lock')
  acquire(dir)
  vi.advanceTimersByTime(1_000)
  for (let time = 0; time < 3; time++) {
    const { ino } = statSync(path)
    // Held by a link, so that the new file cannot get its number.
    linkSync(path, join(dir, `kept-${time}`))
    unlinkSync(path)
    while (statSync(path, { throwIfNoEntry: false })?.ino === undefined) await sleep(5)
    expect(statSync(path).ino).not.toBe(ino)
    while (readOwner(dir)?.pid !== process.pid) await sleep(5)
  }
})

test.each([
  ['moved', (dir: string) => renameSync(dir, `${dir}.old`)],
  ['removed', (dir: string) => rmSync(dir, { recursive: true })],
  [
    'replaced',
    (dir: string) => {
      renameSync(dir, `${dir}.old`)
      mkdirSync(dir)
    },
  ],
])('the lock is lost with a directory that was %s, and nothing is made in its place', async (_how, harm) => {
  const dir = join(temporaryDirectory(), 'data')
  const lock = acquire(dir)
  await sleep(20)
  harm(dir)
  await vi.waitFor(() => expect(lock.lost.aborted).toBe(true), 2_000)
  expect(lock.lost.reason).toBeInstanceOf(LockLostError)
  expect(lock.lost.reason).toMatchObject({ what: 'directory-gone', path: join(dir, 'app.lock') })
  expect(statSync(join(dir, 'app.lock'), { throwIfNoEntry: false })).toBeUndefined()
})

test.each([
  [
    'a loop of links',
    'unreachable',
    (parent: string) => {
      symlinkSync(parent, `${parent}.loop`)
      renameSync(parent, `${parent}.old`)
      renameSync(`${parent}.loop`, parent)
    },
  ],
  [
    'a file',
    'unreachable',
    (parent: string) => {
      renameSync(parent, `${parent}.old`)
      writeFileSync(parent, '')
    },
  ],
])('the lock is lost where %s has come into the way, and the process lives on', async (_what, what, harm) => {
  const parent = join(temporaryDirectory(), 'parent')
  const lock = acquire(join(parent, 'data'))
  harm(parent)
  await vi.waitFor(() => expect(lock.lost.aborted).toBe(true), 5_000)
  expect(lock.lost.reason).toMatchObject({ what, path: join(parent, 'data', 'app.lock') })
})

test('a caller that reads the signal only after the lock was lost gets an aborted one', async () => {
  const dir = join(temporaryDirectory(), 'data')
  const lock = acquire(dir)
  renameSync(dir, `${dir}.old`)
  await sleep(1_500)
  expect(lock.lost.aborted).toBe(true)
})

test('a lost lock cannot be taken again until it is released, not even if its directory is back in place', async () => {
  const dir = join(temporaryDirectory(), 'data')
  const lock = acquire(dir)
  renameSync(dir, `${dir}.old`)
  await vi.waitFor(() => expect(lock.lost.aborted).toBe(true), 5_000)
  renameSync(`${dir}.old`, dir)
  const error = await thrownBy(LockLostError, () => acquire(dir))
  expect(error).toMatchObject({ what: 'directory-gone', path: join(dir, 'app.lock') })
  lock.release()
  expect(acquire(dir).lost.aborted).toBe(false)
})

test('a new lock file that another process holds is taken back when that process has ended', async () => {
  const dir = temporaryDirectory()
  const lock = acquire(dir)
  await sleep(20)
  writeFileSync(join(dir, 'new'), '')
  const stranger = await startFlockCommand(join(dir, 'new'))
  renameSync(join(dir, 'new'), join(dir, 'app.lock'))
  await sleep(100)
  expect(lock.lost.aborted).toBe(false)
  await stranger.kill('SIGKILL')
  await vi.waitFor(() => expect(readOwner(dir)?.pid).toBe(process.pid), 2_500)
})
