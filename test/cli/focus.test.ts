import { existsSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { acquireDataDirLock } from '../../src/main/lock/data-dir-lock.ts'
import type { OwnerState } from '../../src/shared/owner-activity.ts'
import { OwnerProcess } from '../handoff/owner-process.ts'
import { directoryForUsers, startAs, whyNoOtherUser } from '../support/other-user.ts'
import { startFlockCommand } from '../support/processes.ts'
import { skip } from '../support/skip.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { runCli, runShell, startCli } from './run-cli.ts'

/** A data directory that this process holds for an owner that answers in another process. */
async function owned(state: OwnerState = 'ready') {
  const dir = temporaryDirectory()
  const owner = await OwnerProcess.start(dir)
  await owner.does({ publish: { state } })
  const lock = acquireDataDirLock({ dir, app: 'Notes' })
  onTestFinished(() => lock.release())
  const { endpoint, token } = owner
  lock.publish({ endpoint, token, state })
  return { dir, owner }
}

test('the window comes to the front, and the owner gets files, URLs and words as another launch has them', async () => {
  const { dir, owner } = await owned()
  const folder = realpathSync(temporaryDirectory())
  writeFileSync(join(folder, 'a plan.md'), '')
  const script = 'cd "$1" && shift && XDG_ACTIVATION_TOKEN=t42 exec "$runtime" "$main" focus "$@"'
  const words = ['a plan.md', 'notes://open/7', 'missing.md', '--', '--new-window']
  const { code, stdout, stderr } = runShell(`unset DESKTOP_STARTUP_ID; ${script}`, folder, dir, ...words)
  expect({ code, stdout }).toEqual({ code: 0, stdout: `in front: Notes (PID ${process.pid})\n` })
  expect(stderr).toBe(
    'electron-datadir: missing.md is neither a file nor a URL; the app receives it unchanged\n',
  )
  expect(await owner.launches()).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      argv: ['a plan.md', 'notes://open/7', 'missing.md', '--new-window'],
      cwd: folder,
      files: [join(folder, 'a plan.md')],
      urls: ['notes://open/7'],
      activationToken: 't42',
    },
  ])
})

test('a launch that is too large for one request is refused, and the owner gets no part of it', async () => {
  const { dir, owner } = await owned()
  const urls = Array.from(
    { length: 7 },
    (_, index) => `mailto:ada@example.org?body=${index}${'x'.repeat(90_000)}`,
  )
  expect(await runCli('focus', dir, ...urls)).toMatchObject({
    code: 69,
    stderr:
      'electron-datadir: Too many files were opened at once, or the link is too long (over 1 MiB). Open fewer files at a time, or a shorter link.\n',
  })
  expect(await owner.launches()).toEqual([])
  expect(await runCli('focus', dir, ...urls.slice(1, 6))).toMatchObject({ code: 0 })
  expect((await owner.launches()).map((launch) => launch.urls)).toEqual([urls.slice(1, 6)])
})

test('if no process has the directory, focus exits with 69 and creates nothing', async () => {
  const dir = temporaryDirectory()
  for (const free of [dir, join(dir, 'missing')]) {
    const { code, stdout, stderr } = await runCli('focus', free)
    expect({ code, stdout }).toEqual({ code: 69, stdout: '' })
    expect(stderr).toBe(`electron-datadir: no process has ${free} open\n`)
  }
  expect(existsSync(join(dir, 'missing'))).toBe(false)
  expect(existsSync(join(dir, 'app.lock'))).toBe(false)
})

test('focus says that a holder takes no requests', async () => {
  const dir = temporaryDirectory()
  await startFlockCommand(join(dir, 'app.lock'))
  const { code, stderr } = await runCli('focus', dir)
  expect(code).toBe(69)
  expect(stderr).toContain('it takes no requests')
})

test('focus does not connect to the address in a record that is not the holder’s', async (ctx) => {
  if (process.platform !== 'linux') skip(ctx, 'only Linux names the holder of a lock')
  const dir = temporaryDirectory()
  const owner = await OwnerProcess.startReady()
  const { pid, endpoint, token } = owner
  await startFlockCommand(join(dir, 'app.lock'))
  writeFileSync(join(dir, 'app.lock'), JSON.stringify({ pid, endpoint, token, state: 'ready' }))
  expect((await runCli('focus', dir)).code).toBe(69)
  expect(await owner.launches()).toEqual([])
})

test('focus waits for an owner that starts, which gets the launch once', async () => {
  const { dir, owner } = await owned('starting')
  const cli = startCli(['focus', dir, '--timeout', '60', 'notes:7'])
  await sleep(500)
  await owner.does({ publish: { state: 'ready' } })
  expect(await cli.outcome).toMatchObject({ code: 0, stdout: `in front: Notes (PID ${process.pid})\n` })
  expect(await owner.launches()).toMatchObject([{ urls: ['notes:7'] }])
})

test('an owner that is not ready until the time is up has the launch, and 75 says so', async () => {
  const { dir, owner } = await owned('starting')
  const said = {
    starting: 'is still starting',
    migrating: 'is still migrating its data',
    asking: 'is still asking its user something',
  }
  for (const [state, words] of Object.entries(said)) {
    await owner.does({ publish: { state: state as OwnerState } })
    const { code, stdout, stderr } = await runCli('focus', dir, '--timeout', '0', `notes:${state}`)
    expect({ code, stdout }).toEqual({ code: 75, stdout: '' })
    expect(stderr).toBe(
      `electron-datadir: Notes (PID ${process.pid}) has the launch, but ${words} after 0 s\n`,
    )
  }
  await owner.does({ publish: { state: 'ready' } })
  await owner.says(({ launch }) => launch?.urls[0] === 'notes:asking')
  expect(await owner.launches()).toHaveLength(3)
})

test('an owner whose main thread is stuck is not reported as in front', async () => {
  const { dir, owner } = await owned()
  await owner.blocks()
  const { code, stderr } = await runCli('focus', dir, '--timeout', '4')
  expect(code).toBe(75)
  expect(stderr).toContain('shows no sign of life after 4 s')
  await owner.unblocks()
})

test('an owner that was killed is reported in time', async () => {
  const { dir, owner } = await owned()
  await owner.dies()
  const { code, stderr } = await runCli('focus', dir, '--timeout', '0')
  expect(code).toBe(75)
  expect(stderr).toContain('does not answer after 0 s')
})

test('without a file the owner gets an empty launch, and the reason of an owner that refuses is printed', async () => {
  const { dir, owner } = await owned()
  expect(await runCli('focus', dir)).toMatchObject({ code: 0, stderr: '' })
  expect(await owner.launches()).toMatchObject([{ argv: [], files: [], urls: [] }])
  const { code, stderr } = await runCli('focus', dir, '--', '--fail')
  expect(code).toBe(69)
  expect(stderr).toBe('electron-datadir: the app refused: no room\n')
})

/** A claim in another process, of an app that shows what `onLaunch` says. */
const claimant = (dir: string, outcome: string) => `
  const urls = []
  const claim = await node.claim({
    dir: ${JSON.stringify(dir)},
    onLaunch: async (launch) => (urls.push(...launch.urls), ${JSON.stringify(outcome)}),
  })
  say({ open: true })
  await heard()
  say({ urls })
  await claim.close()`

test('an app without a window has the launch, and 69 says that there is none', async (ctx) => {
  const reason = whyNoOtherUser()
  if (reason !== undefined) skip(ctx, reason)
  const dir = temporaryDirectory()
  const root = { uid: 0, gid: 0, sharedGroup: 0, umask: 0o022 }
  const owner = startAs(root, claimant(dir, 'in-background'))
  await owner.next()
  const { code, stderr } = await runCli('focus', dir, 'notes:7')
  expect({ code, stderr }).toEqual({
    code: 69,
    stderr: 'electron-datadir: the app has no window to show\n',
  })
  expect(await owner.next('word')).toEqual({ urls: ['notes:7'] })
})

test('focus sends nothing to another user’s app', async (ctx) => {
  const sharedGroup = 60_000
  const dir = directoryForUsers(ctx, 0o2770, { gid: sharedGroup })
  const owner = startAs({ uid: 60_001, gid: 60_001, sharedGroup, umask: 0o022 }, claimant(dir, 'focused'))
  expect(await owner.next()).toEqual({ open: true })
  const { code, stderr } = await runCli('focus', dir, 'notes:secret')
  expect({ code, stderr }).toEqual({
    code: 69,
    stderr: `electron-datadir: another user of this computer has ${dir} open\n`,
  })
  expect(await owner.next('word')).toEqual({ urls: [] })
})
