// A claim of an app whose first window is not shown yet.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { claimOwned, type InternalClaimOptions } from '../../src/main/claim/claim.ts'
import { askStatus } from '../../src/main/handoff/client.ts'
import { LaunchQueue } from '../../src/main/handoff/owner/launch-queue.ts'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import { lockToOpen } from '../../src/main/sqlite/owned-directory.ts'
import { Deferred } from '../../src/shared/deferred.ts'
import { isFree } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

function claimQuietly(options: Partial<InternalClaimOptions<undefined>> = {}) {
  const dir = temporaryDirectory()
  const shown = new Deferred()
  const launches = new LaunchQueue(async () => 'focused')
  const all = { dir, hasDatabase: false, launches, quiet: shown.promise, ...options }
  return { dir, claiming: claimOwned(lockToOpen({ dir }), all), show: shown.resolve }
}

test('the server listens when the window is shown, and only then the record says that the owner is ready', async () => {
  const { dir, claiming, show } = claimQuietly()
  const claim = await claiming
  onTestFinished(() => claim.close())
  expect(existsSync(join(dir, 'app.sock'))).toBe(false)
  expect(readOwner(dir)?.state).toBe('starting')
  show()
  await vi.waitFor(() => expect(readOwner(dir)?.state).toBe('ready'), 15_000)
  expect(existsSync(join(dir, 'app.sock'))).toBe(true)
  expect(await askStatus(readOwner(dir) ?? {})).toMatchObject({ state: 'ready' })
})

test('a claim that is closed before the window is shown starts no server afterwards', async () => {
  const { dir, claiming, show } = claimQuietly()
  const claim = await claiming
  await claim.close()
  show()
  await Promise.resolve()
  expect(existsSync(join(dir, 'app.sock'))).toBe(false)
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test('a claim fails with the error of what the app does meanwhile, and everything is released', async () => {
  const { dir, claiming } = claimQuietly({
    hasDatabase: true,
    whileOpening: () => Promise.reject(new Error('no window')),
  })
  await expect(claiming).rejects.toThrow('no window')
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})
