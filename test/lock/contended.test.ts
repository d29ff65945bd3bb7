import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { acquireDataDirLock } from '../../src/main/lock/data-dir-lock.ts'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import { mountFuse } from '../support/fuse-mount.ts'
import { holdOrExplain, runLockScript } from '../support/lock-script.ts'
import { buildNoLockShim } from '../support/no-lock-shim.ts'
import { startAs, whyNoOtherUser } from '../support/other-user.ts'
import { startFlockCommand, startHolder } from '../support/processes.ts'
import { skip } from '../support/skip.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** A new lock file in the place of the owner's, held by a program that does not use this package. */
async function putHeldFile(dir: string) {
  writeFileSync(join(dir, 'new'), '')
  const stranger = await startFlockCommand(join(dir, 'new'))
  renameSync(join(dir, 'new'), join(dir, 'app.lock'))
  return stranger
}

function acquire(dir: string) {
  const lock = acquireDataDirLock({ dir, filesystem: 'allow' })
  onTestFinished(() => lock.release())
  return lock
}

test('a new lock file that another process keeps locked is a lost lock, and the owner is named until it releases', async () => {
  const dir = temporaryDirectory()
  const lock = acquire(dir)
  await putHeldFile(dir)
  const contender = await runLockScript(dir, holdOrExplain)
  expect(contender.said).toMatchObject({ code: 'ERR_DATADIR_LOCKED', pid: process.pid })
  await vi.waitFor(() => expect(lock.lost.aborted).toBe(true), 6_000)
  expect(lock.lost.reason).toMatchObject({ code: 'ERR_DATADIR_LOCK_LOST', what: 'replaced' })
})

test.for([
  ['stays so', 0o300],
  ['can be listed again', 0o700],
] as const)(
  'an owner loses its lock if another took the directory while it was stopped, if others could not list the directory and it %s',
  async ([, mode], ctx) => {
    const missing = whyNoOtherUser()
    if (missing !== undefined) skip(ctx, missing)
    const user = { uid: 23_001, gid: 23_001, sharedGroup: 23_001, umask: 0o077 }
    const parent = temporaryDirectory()
    const dir = join(parent, 'data')
    const helper = `
      const { chmodSync, unlinkSync, chownSync } = await import('node:fs')
      const dir = ${JSON.stringify(dir)}
      const take = () => {
        const lock = node.acquireDataDirLock({ dir })
        lock.lost.addEventListener('abort', () => say({ what: lock.lost.reason.what }))
        say({ held: true })
      }`
    chmodSync(parent, 0o755)
    mkdirSync(dir, { mode: 0o700 })
    chownSync(dir, user.uid, user.gid)
    const owner = startAs(user, `${helper}; take(); await heard()`)
    expect(await owner.next()).toEqual({ held: true })
    process.kill(owner.pid, 'SIGSTOP')
    const other = startAs(
      user,
      `${helper}
      chmodSync(dir, 0o300)
      unlinkSync(dir + '/app.lock')
      take()
      chmodSync(dir, ${mode})
      await heard()`,
    )
    expect(await other.next()).toEqual({ held: true })
    process.kill(owner.pid, 'SIGCONT')
    expect(await owner.next()).toEqual({ what: 'replaced' })
    await owner.finish('end')
    await other.finish('end')
  },
)

test('an owner with an error that is not transient loses its lock after some checks', async () => {
  const dir = temporaryDirectory()
  const owner = await runLockScript(
    dir,
    `
    import { openSync, unlinkSync } from 'node:fs'
    process.stdin.resume()
    const lock = acquireDataDirLock({ dir })
    let looks = 0
    setInterval(() => looks++, 1_000)
    lock.lost.addEventListener('abort', () => say({ what: lock.lost.reason.what, looks }))
    try { for (;;) openSync('/dev/null') } catch ({ code }) { if (code !== 'EMFILE') throw code }
    unlinkSync(dir + '/app.lock')`,
    ['sh', '-c', 'ulimit -n 64; exec "$@"', 'sh'],
  )
  expect(owner.said).toMatchObject({ what: 'removed' })
  expect(owner.said.looks).toBeGreaterThan(5)
})

describe('a lock file that was removed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'no-lock-shim-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('is a lost lock at once if others get the guard', async (ctx) => {
    const shim = buildNoLockShim(folder)
    if ('missing' in shim) skip(ctx, shim.missing)
    const dir = temporaryDirectory()
    const script = `
      import { unlinkSync } from 'node:fs'
      process.stdin.resume()
      const lock = acquireDataDirLock({ dir })
      lock.lost.addEventListener('abort', () => say({ what: lock.lost.reason.what }))
      unlinkSync(dir + '/app.lock')`
    const under = ['env', `LD_PRELOAD=${shim.library}`, 'NO_LOCK_SHIM=directories']
    expect((await runLockScript(dir, script, under)).said).toEqual({ what: 'removed' })
  })

  test('is a lost lock at once on a filesystem that is not local, whatever its guard says', async (ctx) => {
    const mount = mountFuse()
    if ('missing' in mount) skip(ctx, mount.missing)
    const lock = acquire(join(mount.mounted, 'data'))
    unlinkSync(join(mount.mounted, 'data', 'app.lock'))
    await vi.waitFor(() => expect(lock.lost.aborted).toBe(true), 4_000)
    expect(lock.lost.reason).toMatchObject({ what: 'removed' })
    expect((await startHolder({ dir: join(mount.behind, 'data') })).said).toBe('held')
  })
})

test('on a filesystem that is not local, other content in the same inode is repaired at first, and then counts as another file', async (ctx) => {
  const mount = mountFuse()
  if ('missing' in mount) skip(ctx, mount.missing)
  const dir = join(mount.mounted, 'data')
  const lock = acquire(dir)
  const path = join(mount.behind, 'data', 'app.lock')
  writeFileSync(path, 'something else')
  await vi.waitFor(() => expect(readOwner(dir)?.pid).toBe(process.pid), 4_000)
  expect(lock.lost.aborted).toBe(false)
  const writing = setInterval(() => writeFileSync(path, 'something else'), 20)
  onTestFinished(() => clearInterval(writing))
  await vi.waitFor(() => expect(lock.lost.aborted).toBe(true), 8_000)
  expect(lock.lost.reason).toMatchObject({ what: 'replaced' })
})
