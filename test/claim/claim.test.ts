import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { claim } from '../../src/main/claim/claim.ts'
import { askStatus, handOver } from '../../src/main/handoff/client.ts'
import { HandoffError } from '../../src/main/handoff/messages/errors.ts'
import type { Launch, LaunchOutcome } from '../../src/main/handoff/messages/protocol.ts'
import { acquireDataDirLock } from '../../src/main/lock/data-dir-lock.ts'
import { AlreadyOpenError, DataDirLockedError } from '../../src/main/lock/errors.ts'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import type { DamageChoice } from '../../src/main/sqlite/damaged.ts'
import { MigrationAbortedError, MigrationFailedError } from '../../src/main/sqlite/errors/open-errors.ts'
import { Deferred } from '../../src/shared/deferred.ts'
import { isFree, startHolder } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'

const launch: Launch = { id: '1', argv: [], cwd: '/', files: [], urls: [] }
const onLaunch = async (): Promise<LaunchOutcome> => 'focused'

test('the lock is held when the call returns, before anything was waited for', async () => {
  const dir = temporaryDirectory()
  const claiming = claim({ dir, database: {}, onLaunch })
  expect(isFree(join(dir, 'app.lock'))).toBe(false)
  await (await claiming).close()
})

test('a contender never touches socket or database', async () => {
  const dir = temporaryDirectory()
  await startHolder({ dir })
  await thrownBy(DataDirLockedError, () => claim({ dir, database: {}, onLaunch }))
  expect(existsSync(join(dir, 'app.db'))).toBe(false)
  expect(existsSync(join(dir, 'app.sock'))).toBe(false)
})

test('the owner is reachable through its record, and says ready once the pool is open', async () => {
  const dir = temporaryDirectory()
  const claimed = await claim({ dir, database: {}, onLaunch })
  onTestFinished(() => claimed.close())
  const owner = readOwner(dir)
  expect(owner?.state).toBe('ready')
  expect(await handOver(owner ?? {}, launch)).toMatchObject({ type: 'launched', outcome: 'focused' })
})

test('the endpoint is in the record when the call returns, and contenders try until somebody listens there', async () => {
  const dir = temporaryDirectory()
  const claiming = claim({ dir, app: 'Notes', version: '7', onLaunch })
  onTestFinished(async () => (await claiming).close())
  const owner = readOwner(dir)
  expect(owner?.endpoint).toBe(join(dir, 'app.sock'))
  // A status is waited for 2 s, and the thread that answers may need longer to start on a busy computer.
  expect(await handOver(owner ?? {}, launch, { patience: 30_000 })).toMatchObject({ type: 'launched' })
  expect(await askStatus(owner ?? {})).toMatchObject({ pid: process.pid, app: 'Notes', version: '7' })
})

test('database and server wait for what an owner does first, and so does a contender', async () => {
  const dir = temporaryDirectory()
  const first = new Deferred()
  const claiming = claim({ dir, onLaunch, onOwned: () => first.promise })
  onTestFinished(async () => (await claiming).close())
  expect(isFree(join(dir, 'app.lock'))).toBe(false)
  const answered = handOver(readOwner(dir) ?? {}, launch)
  await sleep(300)
  expect(existsSync(join(dir, 'app.db'))).toBe(false)
  expect(existsSync(join(dir, 'app.sock'))).toBe(false)
  first.resolve()
  expect(await answered).toMatchObject({ type: 'launched' })
})

test('an owner that fails at what it does first frees the lock and leaves nothing to connect to', async () => {
  const dir = temporaryDirectory()
  const failing = claim({ dir, onLaunch, onOwned: () => Promise.reject(new Error('no window')) })
  await expect(failing).rejects.toThrow('no window')
  expect(existsSync(join(dir, 'app.sock'))).toBe(false)
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test('an owner that is to quit while it migrates says so at once, and takes no more launches', async () => {
  const dir = temporaryDirectory()
  const quitting = new AbortController()
  const migration = new Deferred()
  const migrations = { '001-slow': { up: () => migration.promise } }
  const claiming = claim({ dir, onLaunch, migrations, signal: quitting.signal })
  await vi.waitFor(() => expect(readOwner(dir)?.state).toBe('migrating'), 15_000)
  const owner = readOwner(dir) ?? {}
  const early = handOver(owner, launch, { patience: 100 })
  expect(await early).toMatchObject({ type: 'queued' })
  quitting.abort()
  expect(readOwner(dir)?.state).toBe('quitting')
  await vi.waitFor(async () => expect(await askStatus(owner)).toMatchObject({ state: 'quitting' }), 15_000)
  expect(await handOver(owner, { ...launch, id: '2' })).toMatchObject({ type: 'busy' })
  migration.resolve()
  await claiming.then(
    (claimed) => claimed.close(),
    (error) => expect(error).toBeInstanceOf(MigrationAbortedError),
  )
})

test('an owner that waits for an answer says so in its record and its status until it is answered', async () => {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'app.db'), 'rubbish that is no database'.repeat(50))
  const [asked, answer] = [new Deferred(), new Deferred<DamageChoice>()]
  const claiming = claim({
    dir,
    onLaunch,
    onDamaged: () => {
      asked.resolve()
      return answer.promise
    },
  })
  onTestFinished(async () => (await claiming).close())
  await asked.promise
  expect(readOwner(dir)?.state).toBe('asking')
  const owner = readOwner(dir) ?? {}
  await vi.waitFor(async () => expect(await askStatus(owner)).toMatchObject({ state: 'asking' }), 15_000)
  const early = await handOver(owner, launch, { patience: 100 })
  expect(early).toMatchObject({ type: 'queued', status: { state: 'asking' } })
  answer.resolve('start-empty')
  await claiming
  expect(readOwner(dir)?.state).toBe('ready')
  expect(await handOver(owner, launch)).toMatchObject({ type: 'launched' })
})

test('an owner that is to quit while it waits for an answer says that it quits', async () => {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'app.db'), 'rubbish that is no database'.repeat(50))
  const quitting = new AbortController()
  const states: unknown[] = []
  const claiming = claim({
    dir,
    onLaunch,
    signal: quitting.signal,
    onDamaged: () => {
      quitting.abort()
      states.push(readOwner(dir)?.state)
      return 'keep'
    },
  })
  await expect(claiming).rejects.toThrow()
  expect(states).toEqual(['quitting'])
})

test('a second claim of a directory is refused and takes nothing from the first; after that one has closed it may', async () => {
  const dir = temporaryDirectory()
  const lock = acquireDataDirLock({ dir })
  const first = await claim({ dir, database: {}, onLaunch })
  await expect(claim({ dir, database: {}, onLaunch })).rejects.toThrow(AlreadyOpenError)
  expect(await handOver(readOwner(dir) ?? {}, launch)).toMatchObject({ type: 'launched' })
  await first.close()
  await using _second = await claim({ dir, database: {}, onLaunch })
  lock.release()
  expect(await handOver(readOwner(dir) ?? {}, launch)).toMatchObject({ type: 'launched' })
})

test('an owner whose socket cannot be made has its data all the same, and says that it takes no launches', async () => {
  const dir = temporaryDirectory()
  mkdirSync(join(dir, 'app.sock'))
  await using claimed = await claim({ dir, database: {}, onLaunch })
  expect(claimed.pool.databasePath).toBe(join(dir, 'app.db'))
  expect(readOwner(dir)).toMatchObject({ state: 'ready' })
  expect((await thrownBy(HandoffError, () => handOver(readOwner(dir) ?? {}, launch))).failure).toBe(
    'no-endpoint',
  )
})

test('an owner that fails frees the lock although its endpoint cannot be removed', async () => {
  const dir = temporaryDirectory()
  const failing = claim({
    dir,
    onLaunch,
    async onOwned() {
      mkdirSync(join(dir, 'app.sock'))
      throw new Error('no window')
    },
  })
  await expect(failing).rejects.toThrow('no window')
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test('a contender whose launch is under way when the owner closes is told that it quits', async () => {
  const dir = temporaryDirectory()
  let arrive: () => void = () => undefined
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve
  })
  const claimed = await claim({
    dir,
    onLaunch: () => {
      arrive()
      return new Promise(() => undefined)
    },
  })
  const reply = handOver(readOwner(dir) ?? {}, launch, { patience: 20_000 })
  await arrived
  await claimed.close()
  expect(await reply).toMatchObject({ type: 'busy', status: { state: 'quitting' } })
})

test('a launch that comes during a migration waits for its end', async () => {
  const dir = temporaryDirectory()
  const order: string[] = []
  const slow = async () => {
    const answered = handOver(readOwner(dir) ?? {}, launch).then((reply) => order.push(reply.type))
    await new Promise((resolve) => setTimeout(resolve, 100))
    order.push('migrated')
    return { answered }
  }
  let answered: Promise<unknown> | undefined
  const claimed = await claim({
    dir,
    onLaunch,
    migrations: {
      '001': {
        up: async () => {
          answered = (await slow()).answered
        },
      },
    },
  })
  onTestFinished(() => claimed.close())
  await answered
  expect(order).toEqual(['migrated', 'launched'])
})

test('closing takes server, database and lock down, and twice is once', async () => {
  const dir = temporaryDirectory()
  const claimed = await claim({ dir, database: {}, onLaunch })
  await Promise.all([claimed.close(), claimed.close()])
  expect(existsSync(join(dir, 'app.sock'))).toBe(false)
  expect(existsSync(join(dir, 'app.db-wal'))).toBe(false)
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
  expect(readOwner(dir)).toBeUndefined()
})

test('a failing migration takes the server down again and frees the lock', async () => {
  const dir = temporaryDirectory()
  const migrations = { '001': { up: () => Promise.reject(new Error('no')) } }
  await thrownBy(MigrationFailedError, () => claim({ dir, onLaunch, migrations }))
  expect(existsSync(join(dir, 'app.sock'))).toBe(false)
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})
