import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createPipeEndpoint, createSocketEndpoint } from '../../../src/main/handoff/endpoint/endpoint.ts'
import { startAs, type User, whyNoOtherUser } from '../../support/other-user.ts'
import { skip } from '../../support/skip.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { OwnerProcess } from '../owner-process.ts'

function directoryWhoseSocketPathHas(bytes: number): string {
  const parent = temporaryDirectory()
  const dir = join(parent, 'x'.repeat(bytes - Buffer.byteLength(join(parent, '/', 'app.sock')) - 1))
  mkdirSync(dir)
  return dir
}

function endpointIn(dir: string): string {
  const endpoint = createSocketEndpoint(dir, 'app')
  onTestFinished(() => endpoint.remove())
  return endpoint.path
}

test('a socket path of 103 bytes, the most that macOS takes, stays in the data directory', () => {
  const dir = directoryWhoseSocketPathHas(103)
  expect(Buffer.byteLength(endpointIn(dir))).toBe(103)
  expect(endpointIn(dir)).toBe(join(dir, 'app.sock'))
})

test('what has come into the place of a socket keeps no owner from closing', () => {
  const endpoint = createSocketEndpoint(temporaryDirectory(), 'app')
  mkdirSync(endpoint.path)
  endpoint.remove()
  expect(existsSync(endpoint.path)).toBe(true)
})

test('one of 104 bytes does not', () => {
  const dir = directoryWhoseSocketPathHas(104)
  expect(endpointIn(dir).startsWith(dir)).toBe(false)
})

test.each([
  ['missing', '/nowhere/at/all'],
  ['too deep', `/tmp/${'x'.repeat(100)}`],
])('a runtime directory that is %s is gone without', (_how, runtime) => {
  vi.stubEnv('XDG_RUNTIME_DIR', runtime)
  onTestFinished(() => void vi.unstubAllEnvs())
  const path = endpointIn(directoryWhoseSocketPathHas(104))
  expect(path.startsWith(runtime)).toBe(false)
  expect(Buffer.byteLength(path)).toBeLessThanOrEqual(103)
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
})

const builtFile = (file: string) =>
  pathToFileURL(resolve(import.meta.dirname, '../../../dist/main/handoff', file)).href

/** The runtime directory of this test alone, as the processes that it starts see it too. */
function ownRuntimeDirectory(): string {
  const runtime = temporaryDirectory()
  vi.stubEnv('XDG_RUNTIME_DIR', runtime)
  onTestFinished(() => void vi.unstubAllEnvs())
  return runtime
}

test('all data directories of a user have their sockets in one folder, each of its own name', () => {
  const runtime = ownRuntimeDirectory()
  const [one, other] = [directoryWhoseSocketPathHas(104), directoryWhoseSocketPathHas(104)]
  expect(dirname(endpointIn(one))).toBe(join(runtime, 'electron-datadir'))
  expect(dirname(endpointIn(other))).toBe(join(runtime, 'electron-datadir'))
  expect(endpointIn(one)).toBe(endpointIn(one))
  expect(endpointIn(one)).not.toBe(endpointIn(other))
  expect(createSocketEndpoint(one, 'notes').path).not.toBe(endpointIn(one))
})

test('the socket of a directory that others can write is not in it', () => {
  const runtime = ownRuntimeDirectory()
  const dir = temporaryDirectory()
  chmodSync(dir, 0o770)
  expect(dirname(endpointIn(dir))).toBe(join(runtime, 'electron-datadir'))
  chmodSync(dir, 0o700)
  expect(endpointIn(dir)).toBe(join(dir, 'app.sock'))
})

test.each([
  ['a folder that others may read', (path: string) => mkdirSync(path, { mode: 0o755 })],
  ['a file', (path: string) => writeFileSync(path, '')],
  ['a symbolic link', (path: string) => symlinkSync(temporaryDirectory(), path)],
])('%s in the place of that folder is not used', (_what, put) => {
  const runtime = ownRuntimeDirectory()
  put(join(runtime, 'electron-datadir'))
  const path = endpointIn(directoryWhoseSocketPathHas(104))
  expect(path.startsWith(runtime)).toBe(false)
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
})

test('when another user has taken the name of the folder, a new one is used, and removed on closing', async (ctx) => {
  const reason = whyNoOtherUser()
  if (reason !== undefined) return skip(ctx, reason)
  const user: User = { uid: 60_011, gid: 60_011, sharedGroup: 60_011, umask: 0o022 }
  const taken = `/tmp/electron-datadir-${user.uid}`
  // A run that was killed may have left it.
  rmSync(taken, { recursive: true, force: true })
  mkdirSync(taken, { mode: 0o777 })
  onTestFinished(() => rmSync(taken, { recursive: true }))
  chmodSync(taken, 0o777)
  const parent = temporaryDirectory()
  chmodSync(parent, 0o755)
  const dir = join(parent, 'data')
  mkdirSync(dir)
  chmodSync(dir, 0o777)
  const owner = startAs(
    user,
    `process.env.XDG_RUNTIME_DIR = ''
    process.env.TMPDIR = '/tmp'
    const options = { dir: ${JSON.stringify(dir)}, onLaunch: async () => 'focused', onWarning: () => undefined }
    const claim = await node.claim(options)
    say({ endpoint: node.readOwner(${JSON.stringify(dir)}).endpoint })
    await heard()
    await claim.close()`,
  )
  const folder = dirname(String((await owner.next()).endpoint))
  expect(folder).toMatch(/^\/tmp\/datadir-\w+$/)
  expect(statSync(folder)).toMatchObject({ uid: user.uid })
  await owner.finish('quit')
  expect(statSync(folder, { throwIfNoEntry: false })).toBeUndefined()
  expect(readdirSync(taken)).toEqual([])
})

test('owners that are killed one after another leave one socket file at most', async () => {
  const runtime = ownRuntimeDirectory()
  const dir = directoryWhoseSocketPathHas(104)
  const script = `
    import { createEndpoint } from ${JSON.stringify(builtFile('endpoint/endpoint.js'))}
    import { Listener } from ${JSON.stringify(builtFile('owner/listener.js'))}
    const endpoint = createEndpoint(${JSON.stringify(dir)}, 'app')
    new Listener(endpoint, () => undefined)
    process.kill(process.pid, 'SIGKILL')`
  for (let round = 0; round < 5; round++) {
    const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script])
    expect(signal).toBe('SIGKILL')
  }
  expect(readdirSync(runtime)).toEqual(['electron-datadir'])
  expect(readdirSync(join(runtime, 'electron-datadir'))).toHaveLength(1)
  const last = await OwnerProcess.start(dir)
  await last.does({ close: true })
  expect(readdirSync(join(runtime, 'electron-datadir'))).toEqual([])
})

test('the name of a pipe cannot be guessed', () => {
  const [one, other] = [createPipeEndpoint().path, createPipeEndpoint().path]
  expect(one).toMatch(/^\\\\\.\\pipe\\electron-datadir-[0-9a-f]{32}$/)
  expect(other).not.toBe(one)
})
