import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, lstatSync, renameSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { handOver } from '../../../src/main/handoff/client.ts'
import { isLocalPipe } from '../../../src/main/handoff/endpoint/trusted-path.ts'
import { HandoffError } from '../../../src/main/handoff/messages/errors.ts'
import { skip } from '../../support/skip.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { thrownBy } from '../../support/thrown-by.ts'
import { launchOf, OwnerProcess } from '../owner-process.ts'

const launch = launchOf('one')

test('a socket of this user at which a process of another user listens gets nothing', async (ctx) => {
  if (process.platform !== 'linux') return skip(ctx, 'only Linux shows which process listens')
  if (process.geteuid?.() !== 0) return skip(ctx, 'becoming another user takes root')
  const endpoint = join(temporaryDirectory(), 'app.sock')
  const script = `
    const server = require('net').createServer((socket) => socket.on('data', (data) => console.log('got ' + data)))
    server.listen(${JSON.stringify(endpoint)}, () => {
      process.setgid(60009)
      process.setuid(60009)
      console.log('listening')
    })`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  expect((await lines.next()).value).toBe('listening')
  expect(lstatSync(endpoint).uid).toBe(0)
  for (const pid of [undefined, child.pid, process.pid]) {
    const owner = { endpoint, token: 'secret', ...(pid !== undefined && { pid }) }
    const error = await thrownBy(HandoffError, () => handOver(owner, launch, { patience: 0 }))
    expect(error.failure).toBe('not-trusted')
    expect(error.message).toContain('Nothing was sent')
  }
  child.kill('SIGKILL')
  expect((await lines.next()).value).toBeUndefined()
})

test('an owner of this user that has more privileges, and cannot be looked into, gets a launch', async (ctx) => {
  if (process.platform !== 'linux') return skip(ctx, 'only Linux tells who listens')
  if (process.geteuid?.() !== 0) return skip(ctx, 'having more privileges takes root')
  const endpoint = join(temporaryDirectory(), 'app.sock')
  const server = createServer().listen(endpoint)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const module = pathToFileURL(
    resolve(import.meta.dirname, '../../../dist/main/handoff/endpoint/trusted-path.js'),
  ).href
  const script = `
    const { readlinkSync } = await import('node:fs')
    const { trustedPath } = await import(${JSON.stringify(module)})
    try {
      readlinkSync('/proc/${process.pid}/fd/0')
      console.log('not hidden')
    } catch {
      console.log(trustedPath(${JSON.stringify(endpoint)}, ${process.pid}))
    }`
  const without = [
    '--bounding-set=-all',
    '--inh-caps=-all',
    process.execPath,
    '--input-type=module',
    '-e',
    script,
  ]
  const { stdout, stderr } = spawnSync('setpriv', without, { encoding: 'utf8' })
  expect({ stdout, stderr }).toEqual({ stdout: `${endpoint}\n`, stderr: '' })
})

test('a path that is longer than a socket address is not cut off', async (ctx) => {
  if (process.platform === 'win32') return skip(ctx, 'Windows has named pipes')
  const dir = temporaryDirectory()
  const server = createServer().listen(join(dir, 'short.sock'))
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const endpoint = join(dir, `${'x'.repeat(110)}.sock`)
  renameSync(join(dir, 'short.sock'), endpoint)
  const error = await thrownBy(HandoffError, () => handOver({ endpoint, token: 'secret' }, launch))
  expect(error.failure).toBe('not-trusted')
})

test('a socket in a folder that a group can write gets nothing, also if it is this user’s', async (ctx) => {
  if (process.platform === 'win32') return skip(ctx, 'Windows has no such permissions')
  const owner = await OwnerProcess.startReady()
  const dir = join(owner.endpoint, '..')
  chmodSync(dir, 0o770)
  expect((await thrownBy(HandoffError, () => handOver(owner, launch))).failure).toBe('not-trusted')
  chmodSync(dir, 0o700)
  expect(await handOver(owner, launch, { patience: 20_000 })).toMatchObject({ type: 'launched' })
})

test.for([
  ['network', ['--net']],
  ['PID', ['--pid', '--fork', '--mount-proc', '--kill-child']],
] as const)('an owner in another %s namespace gets the launch of its user', async ([_kind, flags], ctx) => {
  const { status } = spawnSync('unshare', [...flags, 'true'])
  if (status !== 0) return skip(ctx, `unshare ${flags.join(' ')} is not possible here`)
  const { endpoint, token, pid, ...owner } = await OwnerProcess.startReady()
  const script = resolve(import.meta.dirname, '../contender-process.mjs')
  const facts = [{ endpoint, token, pid }, launch, 0].map((fact) => JSON.stringify(fact))
  const contender = spawn('unshare', [...flags, process.execPath, script, ...facts], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void contender.kill('SIGKILL'))
  expect(JSON.parse(await text(contender.stdout))).toMatchObject({ type: 'launched' })
  expect(owner.said).toContainEqual({ launch })
})

test('only a pipe of this computer is connected to', () => {
  expect(isLocalPipe('\\\\.\\pipe\\electron-datadir-0123abcd')).toBe(true)
  for (const path of [
    '\\\\host\\pipe\\electron-datadir-0123abcd',
    '\\\\.\\pipe\\..\\UNC\\host\\pipe\\x',
    '\\\\.\\pipe\\',
    'C:\\file',
    '8080',
  ]) {
    expect(isLocalPipe(path)).toBe(false)
  }
})
