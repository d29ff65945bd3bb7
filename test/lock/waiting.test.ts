import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { acquireDataDirLock } from '../../src/main/lock/data-dir-lock.ts'
import { DataDirLockedError } from '../../src/main/lock/errors.ts'
import { waitForRelease } from '../../src/main/lock/wait-for-release.ts'
import { withDataDirLock } from '../../src/main/lock/with-data-dir-lock.ts'
import { isFree, startFlockCommand, startHolder } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'

test('the lock is held while the task runs, and free after it', async () => {
  const dir = temporaryDirectory()
  const result = await withDataDirLock(
    dir,
    async (lock) => {
      await sleep(10)
      return { isFree: isFree(join(dir, 'notes.lock')), owner: lock.owner }
    },
    { name: 'notes', app: 'Notes' },
  )
  expect(result).toMatchObject({ isFree: false, owner: { pid: process.pid, app: 'Notes' } })
  expect(isFree(join(dir, 'notes.lock'))).toBe(true)
})

test.each([
  [
    'throws',
    () => {
      throw new RangeError('no')
    },
  ],
  ['is rejected', () => Promise.reject(new RangeError('no'))],
])('the lock is released when the task %s', async (_how, task) => {
  const dir = temporaryDirectory()
  await thrownBy(RangeError, () => withDataDirLock(dir, task))
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test('without waiting it fails at once, and the task does not run', async () => {
  const dir = temporaryDirectory()
  const holder = await startHolder({ dir })
  let ran = false
  const error = await thrownBy(DataDirLockedError, () =>
    withDataDirLock(dir, () => {
      ran = true
    }),
  )
  expect({ ran, pid: error.pid }).toEqual({ ran: false, pid: holder.pid })
})

test.each(['finish', 'kill'] as const)('it waits for an owner that will %s', async (end) => {
  const dir = temporaryDirectory()
  const holder = await startHolder({ dir })
  const waiting = withDataDirLock(dir, (lock) => lock.owner.pid, { wait: true })
  await sleep(50)
  await holder[end]()
  expect(await waiting).toBe(process.pid)
})

test('it gives up when the time is up, and names the owner', async () => {
  const dir = temporaryDirectory()
  const holder = await startHolder({ dir })
  const error = await thrownBy(DataDirLockedError, () => withDataDirLock(dir, () => undefined, { wait: 300 }))
  expect(error.owner?.pid).toBe(holder.pid)
})

test('it gives up with the signal’s reason, and leaves no lock behind', async () => {
  const dir = temporaryDirectory()
  const holder = await startHolder({ dir })
  const stop = new AbortController()
  const waiting = withDataDirLock(dir, () => undefined, { wait: true, signal: stop.signal })
  setTimeout(() => stop.abort(new RangeError('enough')), 50)
  await thrownBy(RangeError, () => waiting)
  await holder.finish()
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
  await thrownBy(RangeError, () => withDataDirLock(dir, () => undefined, { signal: stop.signal }))
})

test('tasks of this process that want the same directory share it', async () => {
  const dir = temporaryDirectory()
  await withDataDirLock(dir, () => withDataDirLock(dir, () => undefined))
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test('a free directory, and one that is not there, need no waiting', async () => {
  const dir = temporaryDirectory()
  expect(await waitForRelease(dir)).toBe(true)
  expect(await waitForRelease(join(dir, 'missing'), { timeout: 0 })).toBe(true)
})

test.each([
  ['the owner’s release', (dir: string) => startHolder({ dir }), 'finish'],
  ['the owner’s death', (dir: string) => startHolder({ dir }), 'kill'],
  ['the death of a stranger', (dir: string) => startFlockCommand(join(dir, 'app.lock')), 'kill'],
] as const)('waiting ends with %s, and not before', async (_what, start, end) => {
  const dir = temporaryDirectory()
  const holder = await start(dir)
  let ended = false
  const waiting = waitForRelease(dir).then((isFree) => {
    ended = true
    return isFree
  })
  await sleep(500)
  expect(ended).toBe(false)
  await holder[end]()
  expect(await waiting).toBe(true)
})

test('waiting ends with the time, or with the signal', async () => {
  const dir = temporaryDirectory()
  await startHolder({ dir })
  expect(await waitForRelease(dir, { timeout: 100 })).toBe(false)
  await thrownBy(RangeError, () =>
    waitForRelease(dir, { signal: AbortSignal.abort(new RangeError('enough')) }),
  )
})

test('waiting that was canceled before the call does not begin, even if the directory is free', async () => {
  const signal = AbortSignal.abort(new RangeError('enough'))
  await thrownBy(RangeError, () => waitForRelease(temporaryDirectory(), { signal }))
})

test('a lock can be disposed of, in both ways', async () => {
  const dir = temporaryDirectory()
  acquireDataDirLock({ dir })[Symbol.dispose]()
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
  await acquireDataDirLock({ dir })[Symbol.asyncDispose]()
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})
