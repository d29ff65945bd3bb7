import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, type TestContext, test } from 'vitest'
import { within } from '../../examples/postgres/lock-session.ts'
import { type CutNetwork, createNetwork } from '../support/cut-network.ts'
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts'
import { skip } from '../support/skip.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const root = resolve(import.meta.dirname, '../..')
/** If the test cuts a connection: after how many milliseconds of silence it counts as cut. */
const short = 3_000

// A project as a user has it, with the example copied into it.
const project = mkdtempSync(join(tmpdir(), 'datadir-example-'))
let network: CutNetwork | { missing: string }
let server: PostgresServer | { missing: string }
let workspace: string
let count = 0

beforeAll(() => {
  network = createNetwork()
  server = startPostgres('missing' in network ? [] : [network.address])
  if ('missing' in server) return
  compileProject()
}, 120_000)

afterAll(() => {
  if ('stop' in server) server.stop()
  if ('remove' in network) network.remove()
  rmSync(project, { recursive: true, force: true })
})

beforeEach(() => {
  count += 1
  workspace = `notes of "team" ${count}`
})

function compileProject(): void {
  mkdirSync(join(project, 'node_modules'))
  symlinkSync(root, join(project, 'node_modules/electron-datadir'), 'junction')
  for (const name of ['@types', 'electron', 'kysely', 'pg'])
    symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name), 'junction')
  for (const path of ['examples/postgres', 'test/examples/workspace-process.ts'])
    cpSync(join(root, path), join(project, path), { recursive: true })
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }))
  const compilerOptions = {
    target: 'ES2023',
    lib: ['ES2023', 'ESNext.Disposable'],
    module: 'NodeNext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    rewriteRelativeImportExtensions: true,
    outDir: 'out',
    rootDir: '.',
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['**/*.ts'] }))
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [compiler, '-p', project], { stdio: 'inherit' })
}

interface Said {
  readonly [fact: string]: unknown
}

/** A process that has a workspace or waits for it. It is killed when the test ends. */
interface WorkspaceProcess {
  readonly pid: number
  /** The rows that were acknowledged until now. */
  readonly written: readonly number[]
  /** The next line that has a fact of this name. */
  says(fact: string): Promise<Said>
  tell(command: string): void
  signal(signal: NodeJS.Signals): void
  /** Resolves when the process has ended. */
  readonly ended: Promise<unknown>
}

interface ProcessOptions {
  readonly app: string
  /** How it waits for the workspace. Default: only for the owner's NOTIFY. */
  readonly wait?: 'retry' | 'notify' | 'never'
  /** Default: long enough for a computer that does much else. */
  readonly silence?: number
  /** Another command, which runs the process. */
  readonly under?: readonly string[]
}

/** Each process has a data directory of its own, as on its own computer. */
function startProcess(
  url: string,
  { app, wait = 'notify', silence = 30_000, under = [] }: ProcessOptions,
): WorkspaceProcess {
  const script = join(project, 'out/test/examples/workspace-process.js')
  const args = [temporaryDirectory(), url, workspace, app, String(silence), wait]
  const [command = '', ...rest] = [...under, process.execPath, script, ...args]
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  child.stdin.on('error', () => undefined)
  const written: number[] = []
  const unread: Said[] = []
  let read: () => void = () => undefined
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    const said = JSON.parse(line)
    if (said.written > 0) written.push(said.written)
    unread.push(said)
    read()
  })
  return {
    pid: child.pid ?? 0,
    written,
    async says(fact) {
      for (;;) {
        const said = unread.shift()
        if (said && fact in said) return said
        if (!said)
          await new Promise<void>((resolve) => {
            read = resolve
          })
      }
    },
    tell: (line) => void child.stdin.write(`${line}\n`),
    signal: (signal) => void child.kill(signal),
    ended: once(child, 'exit'),
  }
}

/** Skips the test if there is no server. */
async function withServer(ctx: TestContext): Promise<{ server: PostgresServer; admin: Client }> {
  if ('missing' in server) skip(ctx, server.missing)
  const admin = new Client(server.url)
  admin.on('error', () => undefined)
  await admin.connect()
  onTestFinished(() => admin.end())
  await admin.query(`create table if not exists line (
    id bigint generated always as identity primary key, generation integer not null, writer text not null)`)
  await admin.query('truncate line')
  return { server, admin }
}

const rowsOf = async (client: Client) =>
  (await client.query('select id::int, generation, writer from line order by id')).rows

/** No row of an owner comes after a row of its successor, and every acknowledged row is there. */
async function expectOneOwnerAtATime(client: Client, ...writers: WorkspaceProcess[]): Promise<void> {
  const rows = await rowsOf(client)
  const generations = rows.map(({ generation }) => generation)
  expect(generations).toEqual(generations.toSorted((one, other) => one - other))
  const ids = new Set(rows.map(({ id }) => id))
  const acknowledged = writers.flatMap(({ written }) => written)
  expect(acknowledged.filter((id) => !ids.has(id))).toEqual([])
}

const lockSession = `select pid from pg_locks where locktype = 'advisory'`

test('a second process receives the facts about the owner, and continues when the NOTIFY of the owner arrives', async (ctx) => {
  const { server, admin } = await withServer(ctx)
  const owner = startProcess(server.url, { app: 'Notes' })
  expect(await owner.says('generation')).toEqual({ generation: 1 })
  const second = startProcess(server.url, { app: 'Notes 2' })
  const { heldBy, message } = await second.says('heldBy')
  expect(heldBy).toMatchObject({ app: 'Notes', host: hostname(), pid: owner.pid })
  expect(message).toContain(`Notes, pid ${owner.pid}`)
  owner.tell('write')
  await owner.says('written')
  owner.tell('close')
  await owner.says('closed')
  await owner.ended
  expect(await second.says('generation')).toEqual({ generation: 2 })
  second.tell('write')
  await second.says('written')
  await expectOneOwnerAtATime(admin, owner, second)
})

test('a process that stops waiting can exit', async (ctx) => {
  const { server } = await withServer(ctx)
  await startProcess(server.url, { app: 'Notes' }).says('generation')
  const second = startProcess(server.url, { app: 'Notes 2', wait: 'never' })
  await second.says('heldBy')
  expect(await second.ended).toEqual([0, null])
})

test('another workspace on the same server has an owner of its own', async (ctx) => {
  const { server } = await withServer(ctx)
  await startProcess(server.url, { app: 'Notes' }).says('generation')
  workspace += ' b'
  expect(await startProcess(server.url, { app: 'Notes' }).says('generation')).toEqual({ generation: 1 })
})

test('after the owner was killed, a process that waits gets the workspace when it tries again', async (ctx) => {
  const { server, admin } = await withServer(ctx)
  const owner = startProcess(server.url, { app: 'Notes' })
  await owner.says('generation')
  const second = startProcess(server.url, { app: 'Notes 2', wait: 'retry' })
  await second.says('heldBy')
  owner.tell('write on')
  await expect.poll(() => owner.written.length).toBeGreaterThan(3)
  owner.signal('SIGKILL')
  expect(await second.says('generation')).toEqual({ generation: 2 })
  second.tell('write')
  await second.says('written')
  await expectOneOwnerAtATime(admin, owner, second)
})

test('a statement of a killed owner does not delay the successor until it ends', async (ctx) => {
  const { server, admin } = await withServer(ctx)
  const owner = startProcess(server.url, { app: 'Notes', silence: short })
  await owner.says('generation')
  owner.tell('write slowly')
  const sleeping = "select from pg_stat_activity where wait_event = 'PgSleep'"
  await expect.poll(async () => (await admin.query(sleeping)).rowCount).toBe(1)
  owner.signal('SIGKILL')
  await owner.ended
  expect(await startProcess(server.url, { app: 'Notes 2', wait: 'retry' }).says('generation')).toEqual({
    generation: 2,
  })
})

test('the server refuses a write after a successor raised the generation, and the claim is lost', async (ctx) => {
  const { server, admin } = await withServer(ctx)
  const owner = startProcess(server.url, { app: 'Notes' })
  await owner.says('generation')
  await admin.query('update workspace_owner set generation = generation + 1 where workspace = $1', [
    workspace,
  ])
  owner.tell('write')
  expect(await owner.says('lost')).toMatchObject({ lost: 'ERR_DATADIR_STORE_LOST' })
  expect(await owner.says('refused')).toEqual({
    refused: `Another process has opened the workspace ${workspace}.`,
  })
  expect(await rowsOf(admin)).toEqual([])
})

test('a successor waits for the write transaction that is running', async (ctx) => {
  const { server, admin } = await withServer(ctx)
  const owner = startProcess(server.url, { app: 'Notes' })
  await owner.says('generation')
  // The owner's insert waits for this lock, in a transaction that has checked the generation.
  await admin.query('begin; lock table line in share mode')
  owner.tell('write')
  const watcher = new Client(server.url)
  await watcher.connect()
  onTestFinished(() => watcher.end())
  const waiting = async (query: string) =>
    (
      await watcher.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and query like '${query}%'`,
      )
    ).rowCount
  await expect.poll(() => waiting('insert into "line"')).toBe(1)
  owner.signal('SIGSTOP')
  await watcher.query(`select pg_terminate_backend(pid) from (${lockSession}) as session`)
  const successor = startProcess(server.url, { app: 'Notes 2', wait: 'retry' })
  await expect.poll(() => waiting('insert into workspace_owner')).toBe(1)
  await admin.query('rollback')
  owner.signal('SIGCONT')
  await successor.says('generation')
  successor.tell('write')
  await successor.says('written')
  await expectOneOwnerAtATime(watcher, owner, successor)
})

test('Kysely outside of write() cannot write', async (ctx) => {
  const { server, admin } = await withServer(ctx)
  const owner = startProcess(server.url, { app: 'Notes' })
  await owner.says('generation')
  owner.tell('write through db')
  expect(await owner.says('refused')).toEqual({
    refused: 'cannot execute INSERT in a read-only transaction',
  })
  expect(await rowsOf(admin)).toEqual([])
})

test('an owner whose network is cut loses the claim, and nothing acknowledged is lost', async (ctx) => {
  const { server, admin } = await withServer(ctx)
  if ('missing' in network) skip(ctx, network.missing)
  const owner = startProcess(server.urlAt(network.address), {
    app: 'Notes',
    silence: short,
    under: network.under,
  })
  await owner.says('generation')
  owner.tell('write on')
  await expect.poll(() => owner.written.length).toBeGreaterThan(3)
  onTestFinished(network.mend)
  network.cut()
  expect(await owner.says('lost')).toMatchObject({ message: expect.stringContaining('has not answered') })
  owner.tell('close')
  await owner.says('closed')
  await expectOneOwnerAtATime(admin, owner)
})

test('a successor takes over from an owner that does not notice the cut, and the owner writes no more', async (ctx) => {
  const { server, admin } = await withServer(ctx)
  if ('missing' in network) skip(ctx, network.missing)
  const owner = startProcess(server.urlAt(network.address), {
    app: 'Notes',
    silence: short,
    under: network.under,
  })
  await owner.says('generation')
  owner.tell('write on')
  await expect.poll(() => owner.written.length).toBeGreaterThan(3)
  const successor = startProcess(server.url, { app: 'Notes 2', wait: 'retry' })
  await successor.says('heldBy')
  owner.signal('SIGSTOP')
  onTestFinished(network.mend)
  network.cut()
  expect(await successor.says('generation')).toEqual({ generation: 2 })
  successor.tell('write on')
  await expect.poll(() => successor.written.length).toBeGreaterThan(3)
  network.mend()
  owner.signal('SIGCONT')
  await owner.says('lost')
  const acknowledged = successor.written.length
  await expect.poll(() => successor.written.length).toBeGreaterThan(acknowledged)
  successor.signal('SIGKILL')
  await successor.ended
  await expectOneOwnerAtATime(admin, owner, successor)
})

test('after a crash of the server, acknowledged rows are there, and the owner has lost the claim', async (ctx) => {
  const { server } = await withServer(ctx)
  const owner = startProcess(server.url, { app: 'Notes' })
  await owner.says('generation')
  owner.tell('write on')
  await expect.poll(() => owner.written.length).toBeGreaterThan(3)
  server.crashAndRestart()
  expect(await owner.says('lost')).toMatchObject({ lost: 'ERR_DATADIR_STORE_LOST' })
  const successor = startProcess(server.url, { app: 'Notes 2' })
  expect(await successor.says('generation')).toEqual({ generation: 2 })
  successor.tell('write')
  await successor.says('written')
  owner.tell('close')
  await owner.says('closed')
  const admin = new Client(server.url)
  await admin.connect()
  onTestFinished(() => admin.end())
  expect((await admin.query('show fsync')).rows).toEqual([{ fsync: 'on' }])
  await expectOneOwnerAtATime(admin, owner, successor)
})

test('an owner closes although the server does not answer', async (ctx) => {
  const { server, admin } = await withServer(ctx)
  const owner = startProcess(server.url, { app: 'Notes', silence: short })
  await owner.says('generation')
  const { rows } = await admin.query(lockSession)
  const [{ pid }] = rows
  onTestFinished(() => void process.kill(pid, 'SIGCONT'))
  process.kill(pid, 'SIGSTOP')
  owner.tell('close')
  await owner.says('closed')
  await owner.ended
})

test('an answer that arrived while the thread was blocked is in time', async () => {
  // After an answer from another thread, the event loop handles timers first, then the next answer.
  await stat(root)
  const answer = within(1, stat(root))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  expect((await answer).isDirectory()).toBe(true)
  await expect(within(1, new Promise(() => undefined))).rejects.toThrow('has not answered for 1 ms')
})
