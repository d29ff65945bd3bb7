// On a network or FUSE filesystem a lock is released in the background while a call is in flight.

import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, type TestContext, test } from 'vitest'
import { acquireDataDirLock } from '../../src/main/lock/data-dir-lock.ts'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import { mountFuse } from '../support/fuse-mount.ts'
import { startHolder } from '../support/processes.ts'
import { skip } from '../support/skip.ts'

function mountOrSkip(ctx: TestContext): string {
  const mount = mountFuse()
  return 'missing' in mount ? skip(ctx, mount.missing) : mount.mounted
}

const descriptors = () => readdirSync('/proc/self/fd').length

test('a lock that is released with a write in flight can be taken again at once', async (ctx) => {
  const options = { dir: mountOrSkip(ctx), filesystem: 'allow' } as const
  const first = acquireDataDirLock(options)
  first.publish({ state: 'quitting' })
  first.release()
  const again = acquireDataDirLock(options)
  onTestFinished(() => again.release())
  // Longer than a look, which finds what is wrong.
  await sleep(1_500)
  expect(again.lost.aborted).toBe(false)
  expect(readOwner(options.dir)).toMatchObject({ pid: process.pid, state: 'starting' })
  expect((await startHolder({ dir: options.dir })).said).toBe('ERR_DATADIR_LOCKED')
  again.release()
  await expect.poll(async () => (await startHolder({ dir: options.dir })).said).toBe('held')
})

test('names that are released and taken in any order share one guard, and leave no descriptor', async (ctx) => {
  const options = { dir: mountOrSkip(ctx), filesystem: 'allow' } as const
  acquireDataDirLock(options).release()
  await sleep(50)
  const before = descriptors()
  for (const names of [['a', 'b'], ['b', 'c'], ['a'], ['c', 'a', 'b']]) {
    for (let round = 0; round < 20; round++) {
      const locks = names.map((name) => acquireDataDirLock({ ...options, name }))
      for (const [index, lock] of locks.entries()) {
        if ((index + round) % 2 === 0) lock.publish({ state: 'ready' })
        lock.release()
        if (round % 3 === index) await sleep(1)
      }
    }
  }
  await expect.poll(descriptors).toBe(before)
  expect((await startHolder({ dir: options.dir })).said).toBe('held')
})
