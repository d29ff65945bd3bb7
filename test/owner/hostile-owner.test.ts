// Another user may write in the data directory: she holds the lock and has her record name a process of the victim.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, type TestContext, test, vi } from 'vitest'
import { endProcess } from '../../src/main/electron/held/end-process.ts'
import type { Holder } from '../../src/main/owner/holder.ts'
import { serializeOwnerRecord } from '../../src/main/owner/owner-record.ts'
import { fileLocks } from '../../src/main/owner/proc-locks.ts'
import { identityOf } from '../../src/main/owner/process-identity.ts'
import { watchOwner } from '../electron/held/watched-owner.ts'
import { runLockScript } from '../support/lock-script.ts'
import { missingUnshare } from '../support/missing-unshare.ts'
import { directoryForUsers, startAs, type UserProcess } from '../support/other-user.ts'
import { isRunning } from '../support/processes.ts'
import { skip } from '../support/skip.ts'

const victim = { uid: 60_001, gid: 60_001, sharedGroup: 60_001, umask: 0o022 }
const mallory = { ...victim, uid: 60_002, gid: 60_002 }

// A shell has the lock file open, and a child of it takes the lock: after the child has ended, the shell's program has it.
const takesAndEnds = 'exec 9<>"$1"; flock --nonblock 9; exec sleep 1000'
const takesAndIsNotBuried = 'exec 9<>"$1"; flock --nonblock 9 & exec sleep 1000'
const lives = 'exec flock --no-fork "$1" sleep 1000'

function startProcess({ uid, gid }: { uid: number; gid: number }, ...command: string[]): ChildProcess {
  const become = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
  const child = spawn('setpriv', [...become, ...command], { stdio: ['ignore', 'pipe', 'inherit'], cwd: '/' })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return child
}

/** A folder that everybody may write, whose lock a user's process takes as a shell script says. */
async function heldDirectory(ctx: TestContext, user: typeof victim, script: string) {
  const dir = directoryForUsers(ctx, 0o777)
  const lockPath = join(dir, 'app.lock')
  writeFileSync(lockPath, '')
  chownSync(lockPath, user.uid, user.gid)
  chmodSync(lockPath, 0o666)
  const { pid = 0 } = startProcess(user, 'sh', '-c', script, 'sh', lockPath)
  await vi.waitFor(() => {
    expect(fileLocks(lockPath).pids).toHaveLength(1)
    // The shell's last word.
    expect(readFileSync(`/proc/${pid}/comm`, 'utf8')).toBe('sleep\n')
  }, 10_000)
  const [taker = 0] = fileLocks(lockPath).pids
  await vi.waitFor(() => expect(taker === pid || !isRunning(taker)).toBe(true), 10_000)
  return { dir, lockPath, pid, taker }
}

/** Writes the record of an owner that takes launches, with the identity of a process. */
function writeRecordOf(pid: number, lockPath: string): void {
  const state = 'ready' as const
  const record = { pid, ...identityOf(pid), app: 'Notes', state, endpoint: '/nowhere/notes.sock', token: 'x' }
  expect(record).toHaveProperty('start_ticks')
  writeFileSync(lockPath, serializeOwnerRecord(record))
}

async function startVictim(): Promise<number> {
  const child = startProcess(victim, 'sh', '-c', 'echo started; exec sleep 1000')
  await once(child.stdout ?? child, 'data')
  return child.pid ?? 0
}

const built = (path: string) =>
  JSON.stringify(pathToFileURL(resolve(import.meta.dirname, '../../dist/main', path)).href)

/** A contender of an ordinary user: it meets the owner, and then ends the process that the test names. */
function startContender(dir: string): UserProcess {
  return startAs(
    victim,
    `const { OwnerWatch } = await import(${built('electron/held/owner-watch.js')})
     const { endProcess } = await import(${built('electron/held/end-process.js')})
     const tryLock = () => node.acquireDataDirLock({ dir: ${JSON.stringify(dir)} })
     let met
     try { tryLock() } catch (error) { met = error }
     const watch = new OwnerWatch(met, 'Notes', tryLock)
     const { isIdentified } = watch.facts
     say({ code: met.code, message: met.message, owner: met.owner, holder: met.holder, isIdentified })
     for (;;) {
       const pid = await heard()
       if (pid === 'quit') break
       say({ end: await endProcess(watch, Number(pid)) })
     }`,
  )
}

test.for([
  ['whose parent has ended', takesAndEnds],
  ['whose parent is a zombie', takesAndIsNotBuried],
  ['who is listed and lives', lives],
] as const)(
  'another user %s writes a record of another process: the record is not trusted, and no process gets a signal',
  async ([, script], ctx) => {
    const { dir, lockPath, pid } = await heldDirectory(ctx, mallory, script)
    const innocent = await startVictim()
    writeRecordOf(innocent, lockPath)

    // Root can look into her process.
    const watch = watchOwner(dir)
    expect(watch.error).toMatchObject({ owner: undefined, holder: { pid, hasLock: true, uid: mallory.uid } })
    expect(watch.error.message).toContain(`(pid ${pid}, program sleep, user ${mallory.uid})`)
    expect(await endProcess(watch, innocent)).toBe('another-owner')

    // An ordinary user cannot.
    const contender = startContender(dir)
    const met = await contender.next()
    expect(met).toMatchObject({ code: 'ERR_DATADIR_LOCKED', isIdentified: false })
    expect(met).not.toHaveProperty('owner')
    const isListed = script === lives
    if (isListed) expect(met.holder).toMatchObject({ pid, hasLock: false, uid: mallory.uid })
    else {
      expect(met).not.toHaveProperty('holder')
      expect(met.message).toContain('(by a process that cannot be named)')
    }
    expect(await contender.next(`${innocent}`)).toEqual({ end: 'another-owner' })
    if (isListed) expect(await contender.next(`${pid}`)).toEqual({ end: { failed: `PID ${pid}` } })
    for (const process of [innocent, pid]) expect(isRunning(process)).toBe(true)
  },
)

test.for([
  ['has ended', takesAndEnds],
  ['is a zombie', takesAndIsNotBuried],
] as const)(
  'the owner %s and a child of it still has the lock: the child is named, and can be ended',
  async ([, script], ctx) => {
    const { dir, lockPath, pid, taker } = await heldDirectory(ctx, victim, script)
    // What the owner wrote while it lived.
    const record = { pid: taker, ...(identityOf(taker) ?? { start_ticks: 1 }), app: 'Notes' }
    writeFileSync(lockPath, serializeOwnerRecord(record))
    const contender = startContender(dir)
    const met = await contender.next()
    const holder: Partial<Holder> = { pid, hasLock: true, uid: victim.uid, program: 'sleep' }
    expect(met).toMatchObject({ holder, isIdentified: true })
    expect(met).not.toHaveProperty('owner')
    expect(met.message).toContain(`(pid ${pid}, program sleep)`)
    expect(await contender.next(`${taker}`)).toEqual({ end: 'another-owner' })
    expect(await contender.next(`${pid}`)).toEqual({ end: 'free' })
    expect(isRunning(pid)).toBe(false)
  },
)

test('a record without a start time, or of another PID namespace, is not trusted if the process that took the lock has ended', async (ctx) => {
  const { dir, lockPath } = await heldDirectory(ctx, mallory, takesAndEnds)
  const innocent = await startVictim()
  for (const record of [{ pid: innocent }, { ...identityOf(innocent), pid: innocent, pid_ns: 1 }]) {
    writeFileSync(lockPath, serializeOwnerRecord({ ...record, app: 'Notes' }))
    const met = await startContender(dir).next()
    expect(met).toMatchObject({ code: 'ERR_DATADIR_LOCKED', isIdentified: false })
    expect(met).not.toHaveProperty('owner')
  }
})

test('in a PID namespace, in which the list leaves out the locks of processes that have ended, the record is not trusted either', async (ctx) => {
  const flags = ['--pid', '--fork', '--mount-proc', '--kill-child']
  const missing = missingUnshare(...flags)
  if (missing) return skip(ctx, missing)
  const dir = directoryForUsers(ctx, 0o777)
  const { said } = await runLockScript(
    dir,
    `import { spawn } from 'node:child_process'
     import { once } from 'node:events'
     import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
     import { identityOf } from ${built('owner/process-identity.js')}
     import { serializeOwnerRecord } from ${built('owner/owner-record.js')}
     const lockPath = dir + '/app.lock'
     writeFileSync(lockPath, '')
     chmodSync(lockPath, 0o666)
     const become = ['--reuid=${mallory.uid}', '--regid=${mallory.gid}', '--clear-groups']
     const command = 'exec 9<>"$1"; flock --nonblock 9; echo held; exec sleep 1000'
     const heir = spawn('setpriv', [...become, 'sh', '-c', command, 'sh', lockPath])
     await once(heir.stdout, 'data')
     // The contender itself is a process that lives and is here.
     writeFileSync(lockPath, serializeOwnerRecord({ ...identityOf(process.pid), app: 'Notes' }))
     const meet = () => {
       try { acquireDataDirLock({ dir }) } catch ({ code, owner, holder }) { return { code, owner, holder } }
     }
     const asRoot = meet()
     process.setgroups([])
     process.setgid(${victim.gid})
     process.setuid(${victim.uid})
     say({ heir: heir.pid, locks: readFileSync('/proc/locks', 'utf8'), asRoot, asUser: meet() })
     // Nobody else ends it: a process that has become another user does not get the signal of --kill-child.
     process.exit()`,
    ['unshare', ...flags],
  )
  expect(said.locks).not.toContain('FLOCK')
  const code = 'ERR_DATADIR_LOCKED'
  expect(said.asRoot).toEqual({ code, holder: expect.objectContaining({ pid: said.heir, hasLock: true }) })
  expect(said.asUser).toEqual({ code })
})
