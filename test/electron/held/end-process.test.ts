import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { endProcess } from '../../../src/main/electron/held/end-process.ts'
import { DataDirLockedError } from '../../../src/main/lock/errors.ts'
import { isAlive } from '../../../src/main/owner/process-stat.ts'
import { skip } from '../../support/skip.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { startOwner, watchOwner } from './watched-owner.ts'

const closesAfter = (milliseconds: number) => `process.once('SIGTERM', () => {
  lock.publish({ state: 'quitting' })
  setTimeout(() => {
    writeFileSync(dir + '/closed', '')
    lock.release()
    process.exit()
  }, ${milliseconds})
})`

test('an owner that closes after SIGTERM gets no other signal', async (ctx) => {
  if (process.platform !== 'linux') return skip(ctx, 'only Linux shows which process has a lock')
  const dir = temporaryDirectory()
  const { pid } = await startOwner(dir, closesAfter(0))
  const watch = watchOwner(dir)
  expect(await endProcess(watch, pid)).toBe('free')
  expect(watch.lock).toBeDefined()
  expect(existsSync(join(dir, 'closed'))).toBe(true)
})

test('an owner that has begun to close is not killed after five seconds', async (ctx) => {
  if (process.platform !== 'linux') return skip(ctx, 'only Linux shows which process has a lock')
  const dir = temporaryDirectory()
  const { pid } = await startOwner(dir, closesAfter(6_000))
  expect(await endProcess(watchOwner(dir), pid)).toBe('free')
  expect(existsSync(join(dir, 'closed'))).toBe(true)
})

test('an owner that does not react to SIGTERM is killed', async (ctx) => {
  if (process.platform !== 'linux') return skip(ctx, 'only Linux shows which process has a lock')
  const dir = temporaryDirectory()
  const { pid } = await startOwner(dir)
  process.kill(pid, 'SIGSTOP')
  const watch = watchOwner(dir)
  expect(await endProcess(watch, pid)).toBe('free')
  expect(watch.lock).toBeDefined()
})

test('an owner that leaves the lock to a child after SIGTERM is not killed', async (ctx) => {
  if (process.platform !== 'linux') return skip(ctx, 'only Linux vouches for a PID')
  const dir = temporaryDirectory()
  const script = `
    exec 9<>"$0"
    flock 9
    trap 'sleep 1000 & exec 9>&-; echo asked' TERM
    echo held
    while :; do sleep 0.1 9>&-; done`
  const owner = spawn('sh', ['-c', script, join(dir, 'app.lock')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  const { pid = 0 } = owner
  onTestFinished(() => void process.kill(-pid, 'SIGKILL'))
  await once(owner.stdout, 'data')
  const watch = watchOwner(dir)
  expect(watch.error.holder).toMatchObject({ pid, hasLock: true })
  const asked = once(owner.stdout, 'data')
  expect(await endProcess(watch, pid)).toBe('another-owner')
  await asked
  expect(isAlive(pid)).toBe(true)
  expect(owner.signalCode).toBeNull()
  expect(watch.error.holder).toMatchObject({ hasLock: true, program: 'sleep' })
})

test('an owner that has taken the lock meanwhile gets no signal', async () => {
  const dir = temporaryDirectory()
  const first = await startOwner(dir)
  const watch = watchOwner(dir)
  await first.kill()
  const second = await startOwner(dir)
  expect(await endProcess(watch, first.pid)).toBe('another-owner')
  expect(isAlive(second.pid)).toBe(true)
  expect(watch.isFree()).toBe(false)
})

test('an owner gets no signal if the user was asked about another process', async () => {
  const dir = temporaryDirectory()
  const { pid } = await startOwner(dir)
  expect(await endProcess(watchOwner(dir), pid + 1)).toBe('another-owner')
  expect(isAlive(pid)).toBe(true)
})

test('a process gets no signal if the kernel does not show it with the lock', async (ctx) => {
  if (process.platform !== 'linux') return skip(ctx, 'only Linux shows which process has a lock')
  const dir = temporaryDirectory()
  const { pid } = await startOwner(dir, closesAfter(0))
  // Its record is right, and `/proc/locks` names it. A copy of the holder has not been seen in fdinfo.
  const watch = watchOwner(
    dir,
    ({ owner, holder }) => new DataDirLockedError(dir, owner, holder && { ...holder, hasLock: false }),
  )
  expect(await endProcess(watch, pid)).toEqual({ failed: `PID ${pid}` })
  expect(isAlive(pid)).toBe(true)
  expect(watch.error.owner?.state).not.toBe('quitting')
})

test('an owner that has just ended needs no signal', async () => {
  const dir = temporaryDirectory()
  const owner = await startOwner(dir)
  const watch = watchOwner(dir)
  await owner.kill()
  expect(await endProcess(watch, owner.pid)).toBe('free')
})
