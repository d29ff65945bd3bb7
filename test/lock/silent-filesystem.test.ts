import { expect, type TestContext, test } from 'vitest'
import { waitForRelease } from '../../src/main/lock/wait-for-release.ts'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import { runLockScript, type Said } from '../support/lock-script.ts'
import { startHolder } from '../support/processes.ts'
import { mountSilent } from '../support/silent-mount.ts'
import { skip } from '../support/skip.ts'

async function mountOrSkip(ctx: TestContext) {
  const mount = await mountSilent()
  return 'missing' in mount ? skip(ctx, mount.missing) : mount
}

/** An owner that does one thing for each word, and counts what its main thread had time for. */
const owner = `
  let ticks = 0
  setInterval(() => ticks++, 20)
  const lock = acquireDataDirLock({
    dir,
    filesystem: 'allow',
    onWarning: ({ code, message }) => say({ code, message, ticks }),
  })
  lock.lost.addEventListener('abort', () => say({ lost: lock.lost.reason.message }))
  const doing = {
    publish() {
      lock.publish({ state: 'migrating' })
      lock.publish({ state: 'ready' })
      say({ ticks })
    },
    look: () => say({ isLost: lock.lost.aborted }),
    async dispose() {
      await lock[Symbol.asyncDispose]()
      say({ ticks })
    },
    release() {
      lock.release()
      say({ ticks })
    },
  }
  process.stdin.on('data', (word) => doing[word]()).on('end', () => process.exit())
  say({ held: true })`

const numberOf = ({ ticks }: Said) => Number(ticks)

test('a filesystem that does not answer blocks no owner, is reported once, and costs no owner its lock', async (ctx) => {
  const mount = await mountOrSkip(ctx)
  const { next, tell } = await runLockScript(mount.dir, owner)
  mount.stopAnswering()
  tell('publish')
  const before = await next()
  const warned = await next()
  expect(warned).toMatchObject({ code: 'DATADIR_NOT_CHECKED' })
  expect(warned.message).toContain(mount.dir)
  // Of some 450; a blocked thread has none of them.
  expect(numberOf(warned) - numberOf(before)).toBeGreaterThan(100)
  mount.answerAgain()
  await expect.poll(() => readOwner(mount.behind)?.state).toBe('ready')
  tell('look')
  expect(await next()).toEqual({ isLost: false })
  expect((await startHolder({ dir: mount.dir })).said).toBe('ERR_DATADIR_LOCKED')
  tell('dispose')
  expect(await next()).toHaveProperty('ticks')
  expect((await startHolder({ dir: mount.dir })).said).toBe('held')
})

test('a lock that is released while the filesystem does not answer is free when it answers again', async (ctx) => {
  const mount = await mountOrSkip(ctx)
  const dirs = [mount.dir, `${mount.dir}-2`]
  const owners = await Promise.all(dirs.map((dir) => runLockScript(dir, owner)))
  mount.stopAnswering()
  for (const { next } of owners) expect(await next()).toMatchObject({ code: 'DATADIR_NOT_CHECKED' })
  const words = ['dispose', 'release']
  for (const [index, { next, tell }] of owners.entries()) {
    tell(words[index] ?? '')
    expect(await next()).toHaveProperty('ticks')
  }
  mount.answerAgain()
  for (const dir of dirs) await expect.poll(async () => (await startHolder({ dir })).said).toBe('held')
})

test('waiting for a release ends in time if the filesystem does not answer, and blocks no thread', async (ctx) => {
  const mount = await mountOrSkip(ctx)
  mount.stopAnswering()
  let ticks = 0
  const ticking = setInterval(() => ticks++, 20)
  expect(await waitForRelease(mount.dir, { timeout: 0 })).toBe(false)
  clearInterval(ticking)
  expect(ticks).toBeGreaterThan(10)
  mount.answerAgain()
  expect(await waitForRelease(mount.dir, { timeout: 5_000 })).toBe(true)
})
