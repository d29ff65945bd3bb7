import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { acquireDataDirLock } from '../../src/main/lock/data-dir-lock.ts'
import { DataDirLockedError } from '../../src/main/lock/errors.ts'
import { inspectFlock } from '../../src/main/owner/holder.ts'
import { TestKitError } from '../../src/main/testing/errors.ts'
import { waitUntilFree } from '../../src/main/testing/wait-until-free.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'

/** flock(1) as people type it: it waits, and its child has inherited the lock. */
async function startFlock(dir: string, ...options: string[]) {
  const lockPath = join(dir, 'app.lock')
  const flock = spawn('flock', [...options, lockPath, 'sh', '-c', 'echo $$; exec sleep 1000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(flock.stdout, 'data')
  const child = Number(line)
  onTestFinished(() => {
    for (const pid of [flock.pid ?? 0, child]) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // The test has ended it.
      }
    }
  })
  return { flock, pid: flock.pid ?? 0, child, lockPath }
}

test('`flock FILE sleep 1000` is named as flock, with its command line and start time', async () => {
  const dir = temporaryDirectory()
  const { pid, lockPath } = await startFlock(dir)
  const { holder } = await thrownBy(DataDirLockedError, () => acquireDataDirLock({ dir }))
  expect(holder).toMatchObject({ pid, program: 'flock' })
  expect(holder?.commandLine).toBe(`flock ${lockPath} sh -c echo $$; exec sleep 1000`)
  expect(Math.abs(Date.parse(holder?.startedAt ?? '') - Date.now())).toBeLessThan(60_000)
})

test('`flock --no-fork FILE sleep 1000` becomes sleep, and is named sleep', async () => {
  const dir = temporaryDirectory()
  const { pid } = await startFlock(dir, '--no-fork')
  const { holder } = await thrownBy(DataDirLockedError, () => acquireDataDirLock({ dir }))
  expect(holder).toMatchObject({ pid, program: 'sleep', commandLine: 'sleep 1000' })
})

test('`flock --shared FILE sleep 1000` is named, and a caller can wait for it', async () => {
  const dir = temporaryDirectory()
  const { flock, pid, child } = await startFlock(dir, '--shared')
  const { holder } = await thrownBy(DataDirLockedError, () => acquireDataDirLock({ dir }))
  expect(holder).toMatchObject({ pid, program: 'flock' })
  await thrownBy(TestKitError, () => waitUntilFree({ dir }, { timeout: 0 }))
  process.kill(child, 'SIGKILL')
  await once(flock, 'exit')
  await waitUntilFree({ dir })
})

test('a child that keeps the lock of a killed flock is named, and not the process that was killed', async () => {
  const dir = temporaryDirectory()
  const { flock, child, lockPath } = await startFlock(dir)
  flock.kill('SIGKILL')
  await once(flock, 'exit')
  expect(inspectFlock(lockPath).holder).toMatchObject({ pid: child, program: 'sleep' })
  expect((await thrownBy(DataDirLockedError, () => acquireDataDirLock({ dir }))).pid).toBe(child)
})
