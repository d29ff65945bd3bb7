// A user who can only read a data directory cannot keep its owner out. A deleted lock file lets no second owner in.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, type TestContext, test } from 'vitest'
import { inspect } from '../../src/main/cli/inspect.ts'
import { DataDirUnusableError } from '../../src/main/directory/errors.ts'
import { acquireDataDirLock } from '../../src/main/lock/data-dir-lock.ts'
import { DataDirLockedError } from '../../src/main/lock/errors.ts'
import { waitForRelease } from '../../src/main/lock/wait-for-release.ts'
import { mountFuse } from '../support/fuse-mount.ts'
import { directoryForUsers, startAs } from '../support/other-user.ts'
import { startHolder } from '../support/processes.ts'
import { skip } from '../support/skip.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'

const reader = 60_003
const sharedGroup = 60_000
const folder = '.datadir-guard'

/** @param mode in octal digits. */
const directory = (ctx: TestContext, mode: string) =>
  directoryForUsers(ctx, Number.parseInt(mode, 8), { gid: sharedGroup })

/** flock(1) on the directory, by a user and a group. */
async function lockDirectory(dir: string, uid = reader, gid = reader, script = 'echo held; exec sleep 1000') {
  const user = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
  const flock = ['flock', '--no-fork', dir, 'sh', '-c', script]
  const child = spawn('env', [...user, ...flock], { stdio: ['ignore', 'pipe', 'inherit'], cwd: '/' })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [said] = await once(child.stdout, 'data')
  return {
    pid: child.pid ?? 0,
    said: String(said),
    async kill() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** An owner that does not look at its lock file: its watch would create it again. */
async function startStoppedOwner(dir: string) {
  const owner = await startHolder({ dir })
  expect(owner.said).toBe('held')
  process.kill(owner.pid, 'SIGSTOP')
  return owner
}

const modeOf = (path: string) => lstatSync(path).mode & 0o7777

test.for(['755', '750', '744'])(
  'a user who can only read a directory of mode %s keeps no owner out',
  async (mode, ctx) => {
    const dir = directory(ctx, mode)
    await lockDirectory(dir, reader, sharedGroup)
    expect(await inspect(dir, 'app')).toMatchObject({ held: false })
    expect(await waitForRelease(dir, { timeout: 0 })).toBe(true)
    const lock = acquireDataDirLock({ dir })
    onTestFinished(() => lock.release())
    expect(modeOf(join(dir, folder))).toBe(0o700)
    expect(modeOf(join(dir, folder, 'lock'))).toBe(0o600)
    const flock = [
      '--reuid=60003',
      '--regid=60003',
      '--clear-groups',
      'flock',
      '-n',
      join(dir, folder, 'lock'),
      'true',
    ]
    expect(spawnSync('setpriv', flock, { encoding: 'utf8', cwd: '/' }).stderr).toContain('Permission denied')
  },
)

test('a reader that has ended and left its lock to a child keeps no owner out either', async (ctx) => {
  const dir = directory(ctx, '755')
  const { said } = await lockDirectory(dir, reader, reader, 'sleep 1000 & echo $!; exit')
  onTestFinished(() => void process.kill(Number(said), 'SIGKILL'))
  acquireDataDirLock({ dir }).release()
})

test.for(['700', '711', '2770'])('a directory of mode %s has only the lock file in it', (mode, ctx) => {
  const dir = directory(ctx, mode)
  acquireDataDirLock({ dir, onWarning: () => undefined }).release()
  expect(readdirSync(dir)).toEqual(['app.lock'])
})

test.for([
  { started: '755', later: '755' },
  { started: '700', later: '755' },
  { started: '755', later: '700' },
  { started: '700', later: '700' },
])(
  'others cannot get in after the lock file was deleted, with mode $started, then $later',
  async ({ started, later }, ctx) => {
    const dir = directory(ctx, started)
    const owner = await startStoppedOwner(dir)
    chmodSync(dir, Number.parseInt(later, 8))
    rmSync(join(dir, 'app.lock'))
    const error = await thrownBy(DataDirLockedError, () => acquireDataDirLock({ dir }))
    expect(error.pid).toBe(owner.pid)
    rmSync(join(dir, 'app.lock'))
    expect(await inspect(dir, 'app')).toMatchObject({
      held: true,
      through: 'directory',
      holder: { pid: owner.pid },
    })
    expect(await waitForRelease(dir, { timeout: 0 })).toBe(false)
  },
)

test.for(['755', '700'])(
  'others cannot get in after the lock file was deleted while a reader has the directory locked, with mode %s by then',
  async (later, ctx) => {
    const dir = directory(ctx, '755')
    const held = await lockDirectory(dir)
    const owner = await startStoppedOwner(dir)
    chmodSync(dir, Number.parseInt(later, 8))
    rmSync(join(dir, 'app.lock'))
    const error = await thrownBy(DataDirLockedError, () => acquireDataDirLock({ dir }))
    expect(error.pid).toBe(owner.pid)
    await held.kill()
    expect((await thrownBy(DataDirLockedError, () => acquireDataDirLock({ dir }))).pid).toBe(owner.pid)
  },
)

test('an owner of a version that locks only the directory keeps others out and is named', async (ctx) => {
  const dir = directory(ctx, '755')
  const before = await lockDirectory(dir, 0, 0)
  const error = await thrownBy(DataDirLockedError, () => acquireDataDirLock({ dir }))
  expect(error.holder).toMatchObject({ pid: before.pid })
  expect(await inspect(dir, 'app')).toMatchObject({ held: true, holder: { pid: before.pid } })
  await before.kill()
  acquireDataDirLock({ dir }).release()
})

test('a lock that keeps the owner out of a directory of its group is named', async (ctx) => {
  const dir = directory(ctx, '770')
  const { pid } = await lockDirectory(dir, reader, sharedGroup)
  const error = await thrownBy(DataDirLockedError, () =>
    acquireDataDirLock({ dir, onWarning: () => undefined }),
  )
  expect(error.holder).toMatchObject({ pid, program: 'sleep' })
})

test('two users of a directory that others may read take turns, and readers keep neither out', async (ctx) => {
  const dir = directory(ctx, '2775')
  await lockDirectory(dir)
  const hold = `
    const lock = node.acquireDataDirLock({ dir: ${JSON.stringify(dir)}, onWarning: () => undefined })
    say({ held: true })
    await heard()
    lock.release()`
  for (const uid of [60_001, 60_002, 60_001]) {
    const owner = startAs({ uid, gid: uid, sharedGroup, umask: 0o077 }, hold)
    expect(await owner.next()).toEqual({ held: true })
    expect(modeOf(join(dir, folder))).toBe(0o2770)
    expect(modeOf(join(dir, folder, 'lock'))).toBe(0o660)
    await owner.finish('quit')
  }
})

test('a lock that was released can be taken again, in the same turn and later', async (ctx) => {
  const dir = directory(ctx, '755')
  for (let time = 0; time < 3; time++) acquireDataDirLock({ dir }).release()
  await setImmediate()
  const [first, second] = [acquireDataDirLock({ dir }), acquireDataDirLock({ dir, name: 'other' })]
  first.release()
  expect((await startHolder({ dir })).said).toBe('ERR_DATADIR_LOCKED')
  second.release()
  expect((await startHolder({ dir })).said).toBe('held')
})

test.for([
  { planted: 'a symbolic link', plant: (path: string, elsewhere: string) => symlinkSync(elsewhere, path) },
  { planted: 'a pipe', plant: (path: string) => spawnSync('mkfifo', [path]) },
  {
    planted: 'a folder of another user',
    plant: (path: string) => {
      mkdirSync(path)
      chownSync(path, reader, reader)
    },
  },
  {
    planted: 'a pipe in a folder',
    plant: (path: string) => {
      mkdirSync(path)
      spawnSync('mkfifo', [join(path, 'lock')])
    },
  },
  {
    planted: 'a symbolic link in a folder',
    plant: (path: string, elsewhere: string) => {
      mkdirSync(path)
      symlinkSync(join(elsewhere, 'made'), join(path, 'lock'))
    },
  },
])('$planted in place of the guard is refused by name', async ({ plant }, ctx) => {
  const dir = directory(ctx, '755')
  const elsewhere = temporaryDirectory()
  plant(join(dir, folder), elsewhere)
  const error = await thrownBy(DataDirUnusableError, () => acquireDataDirLock({ dir }))
  expect(error.path).toContain(join(dir, folder))
  expect(readdirSync(elsewhere)).toEqual([])
  rmSync(join(dir, folder), { recursive: true })
  acquireDataDirLock({ dir }).release()
  expect(existsSync(join(dir, folder, 'lock'))).toBe(true)
})

test('root in the directory of another user leaves nothing that keeps that user out', async (ctx) => {
  const dir = directory(ctx, '700')
  const user = { uid: reader, gid: reader, sharedGroup, umask: 0o022 }
  chownSync(dir, reader, reader)
  const take = `
    const lock = node.acquireDataDirLock({ dir: ${JSON.stringify(dir)} })
    say({ held: true })
    await heard()
    lock.release()`
  const before = startAs(user, take)
  expect(await before.next()).toEqual({ held: true })
  await before.finish('end')
  chmodSync(dir, 0o755)
  const lock = acquireDataDirLock({ dir })
  onTestFinished(() => lock.release())
  expect(await startAs(user, take).next()).toMatchObject({ failed: 'ERR_DATADIR_LOCKED' })
  lock.release()
  await setImmediate()
  expect(await startAs(user, take).next()).toEqual({ held: true })
  // Now the user's own folder is there, for root too.
  await thrownBy(DataDirLockedError, () => acquireDataDirLock({ dir }))
})

test('a filesystem that has one set of permissions for everything is no obstacle', (ctx) => {
  const mount = mountFuse(['perms=0755', 'chmod-deny'])
  if ('missing' in mount) return skip(ctx, mount.missing)
  for (const _ of [1, 2])
    acquireDataDirLock({ dir: join(mount.mounted, 'data'), filesystem: 'allow' }).release()
  expect(existsSync(join(mount.mounted, 'data', folder))).toBe(true)
})
