// Mallory, another user, holds the lock of a directory that everybody may write, and her record names a socket of hers.
import { chmodSync, existsSync, linkSync, lstatSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { deliverLaunch, handOverAtOnce } from '../../src/main/electron/held/deliver-launch.ts'
import { handOver } from '../../src/main/handoff/client.ts'
import { HandoffError } from '../../src/main/handoff/messages/errors.ts'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import { contenderOf, watchOwner } from '../electron/held/watched-owner.ts'
import { directoryForUsers, startAs, type User, type UserProcess } from '../support/other-user.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'
import { launchOf } from './owner-process.ts'

const mallory: User = { uid: 60_009, gid: 60_009, sharedGroup: 60_009, umask: 0 }
const victim: User = { uid: 60_001, gid: 60_001, sharedGroup: 60_001, umask: 0o022 }
const client = pathToFileURL(resolve(import.meta.dirname, '../../dist/main/handoff/client.js')).href

/** Mallory listens at her sockets, and gives what she was sent for any word. */
async function startMallory(sockets: string[], first = ''): Promise<UserProcess> {
  const process = startAs(
    mallory,
    `const { createServer } = await import('node:net')
    const { chmodSync, mkdirSync, writeFileSync } = await import('node:fs')
    const { once } = await import('node:events')
    const { dirname } = await import('node:path')
    let bytes = ''
    ${first}
    for (const path of ${JSON.stringify(sockets)}) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      const server = createServer((socket) => {
        socket.on('error', () => undefined).on('data', (data) => {
          bytes += data
          socket.end('{"v":1,"type":"launched","outcome":"focused"}\\n')
        })
      }).listen(path)
      await once(server, 'listening')
      chmodSync(path, 0o777)
    }
    say({ listening: true })
    while ((await heard()) !== 'quit') say({ bytes })`,
  )
  expect(await process.next()).toEqual({ listening: true })
  return process
}

const launch = { ...launchOf('secret'), urls: ['notes://callback?code=SECRET'] }

/** Her sockets: in the directory, in the temporary folder, in a private folder of hers, and by way of links. */
async function malloryEverywhere(dir: string) {
  const inDirectory = join(dir, 'app.sock')
  const inTemporary = join(tmpdir(), `mallory-${process.pid}.sock`)
  const ofHers = join(tmpdir(), `mallory-${process.pid}`, 'app.sock')
  onTestFinished(() => {
    rmSync(inTemporary, { force: true })
    rmSync(join(ofHers, '..'), { recursive: true, force: true })
  })
  const her = await startMallory([inDirectory, inTemporary, ofHers])
  const ours = temporaryDirectory()
  chmodSync(ours, 0o755)
  const [symbolic, hard] = [join(ours, 'symbolic.sock'), join(ours, 'hard.sock')]
  symlinkSync(inTemporary, symbolic)
  linkSync(inTemporary, hard)
  const throughLink = join(ours, 'folder', 'app.sock')
  symlinkSync(join(ofHers, '..'), join(ours, 'folder'))
  return { her, endpoints: [inDirectory, inTemporary, ofHers, symbolic, hard, throughLink] }
}

test('root sends nothing to a socket of another user, wherever it is', async (ctx) => {
  const { her, endpoints } = await malloryEverywhere(directoryForUsers(ctx, 0o777))
  for (const endpoint of endpoints) {
    const error = await thrownBy(HandoffError, () => handOver({ endpoint, token: 'secret' }, launch))
    expect({ endpoint, failure: error.failure }).toEqual({ endpoint, failure: 'not-trusted' })
  }
  expect(await her.next('tell')).toEqual({ bytes: '' })
})

test('an ordinary user sends nothing to a socket of another user, wherever it is', async (ctx) => {
  const { her, endpoints } = await malloryEverywhere(directoryForUsers(ctx, 0o777))
  const asking = startAs(
    victim,
    `const { handOver } = await import(${JSON.stringify(client)})
    const failures = []
    for (const endpoint of ${JSON.stringify(endpoints)}) {
      const owner = { endpoint, token: 'secret' }
      const outcome = await handOver(owner, ${JSON.stringify(launch)}).catch((error) => error.failure)
      failures.push(outcome)
    }
    say({ failures })`,
  )
  expect(await asking.next()).toEqual({ failures: endpoints.map(() => 'not-trusted') })
  expect(await her.next('tell')).toEqual({ bytes: '' })
})

test.for(['silent about her', 'that names her', 'that names a process of the victim'])(
  'a launch that meets another user as the owner is kept, with a record %s',
  async (record, ctx) => {
    const dir = directoryForUsers(ctx, 0o777)
    const endpoint = join(dir, 'app.sock')
    const fields = {
      'silent about her': '{ pid: process.pid }',
      'that names her': '{ pid: process.pid, uid: process.getuid() }',
      'that names a process of the victim': JSON.stringify({ pid: process.pid, uid: 0 }),
    }[record]
    const her = await startMallory(
      [endpoint],
      `const lock = node.acquireDataDirLock({ dir: ${JSON.stringify(dir)}, onWarning: () => undefined })
      const record = { ...${fields}, app: 'Notes', endpoint: ${JSON.stringify(endpoint)}, token: 'secret' }
      writeFileSync(${JSON.stringify(join(dir, 'app.lock'))}, JSON.stringify(record).padEnd(4096))
      globalThis.kept = lock`,
    )
    expect(readOwner(dir)).toMatchObject({ endpoint })
    const contender = contenderOf(watchOwner(dir), launch)
    expect(handOverAtOnce(contender)).toBeUndefined()
    expect(await deliverLaunch(contender)).toBeUndefined()
    expect(contender.watch.now).toEqual({ kind: 'no-server' })
    expect(contender.watch.facts.isOtherUser).toBe(true)
    expect(await her.next('tell')).toEqual({ bytes: '' })
  },
)

test('root does not give its launch to an owner of another user', async (ctx) => {
  const dir = directoryForUsers(ctx, 0o700, victim)
  const owner = startAs(victim, claimScript(dir))
  const { endpoint } = await owner.next()
  // The record names it before it is there.
  await expect.poll(() => lstatSync(String(endpoint), { throwIfNoEntry: false })?.uid).toBe(victim.uid)
  const contender = contenderOf(watchOwner(dir), launch)
  expect(contender.watch.error.owner).toMatchObject({ endpoint })
  expect(contender.watch.error.holder?.uid).toBe(victim.uid)
  expect(handOverAtOnce(contender)).toBeUndefined()
  expect(await deliverLaunch(contender)).toBeUndefined()
  expect(contender.watch.facts.isOtherUser).toBe(true)
  expect(await owner.next('tell')).toEqual({ launches: [] })
})

test('a program of this user that listens at the socket is no owner without the token', async () => {
  const endpoint = join(temporaryDirectory(), 'other.sock')
  const server = createServer((socket) => socket.end('220 hello\n')).listen(endpoint)
  onTestFinished(() => void server.close())
  const error = await thrownBy(HandoffError, () => handOver({ endpoint, token: 'guess' }, launch))
  expect(error.failure).toBe('bad-answer')
})

/** Owns the directory and keeps what it is given. */
function claimScript(dir: string): string {
  return `
    const launches = []
    const claim = await node.claim({
      dir: ${JSON.stringify(dir)},
      onLaunch: async (launch) => { launches.push(launch.id); return 'focused' },
      onWarning: () => undefined,
    })
    const { endpoint } = node.readOwner(${JSON.stringify(dir)})
    say({ endpoint })
    while ((await heard()) !== 'quit') say({ launches })
    await claim.close()`
}

/** Hands over as a user does who meets an owner. */
function contenderScript(dir: string): string {
  return `
    const { handOver } = await import(${JSON.stringify(client)})
    const owner = node.readOwner(${JSON.stringify(dir)})
    const reply = await handOver(owner, ${JSON.stringify(launch)}, { patience: 20_000 })
    say({ type: reply.type })`
}

test.for([
  ['that everybody may write', 0o777],
  ['that a group shares', 0o2770],
  ['in a folder that a group may write', 0o700],
] as const)(
  'an owner of a directory %s listens in a folder that others cannot write',
  async ([_how, mode], ctx) => {
    const dir = directoryForUsers(ctx, mode, victim)
    if (mode === 0o700) chmodSync(join(dir, '..'), 0o775)
    const owner = startAs({ ...victim, umask: 0o002 }, claimScript(dir))
    const endpoint = String((await owner.next()).endpoint)
    expect(endpoint.startsWith(dir)).toBe(false)
    expect(existsSync(join(dir, 'app.sock'))).toBe(false)
    const contender = startAs({ ...victim, umask: 0o002 }, contenderScript(dir))
    expect(await contender.next()).toEqual({ type: 'launched' })
    expect(await owner.next('tell')).toEqual({ launches: [launch.id] })
    expect(lstatSync(join(endpoint, '..'))).toMatchObject({ uid: victim.uid })
    expect(lstatSync(join(endpoint, '..')).mode & 0o777).toBe(0o700)
    await owner.finish('quit')
    expect(existsSync(endpoint)).toBe(false)
  },
)
