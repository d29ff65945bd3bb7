import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, expectTypeOf, onTestFinished, test, vi } from 'vitest'
import { claim, claimOwned } from '../../src/main/claim/claim.ts'
import {
  HeldElsewhereError,
  heldElsewhere,
  NoDatabaseError,
  StoreLostError,
} from '../../src/main/claim/errors.ts'
import type { OpenContext } from '../../src/main/claim/store.ts'
import type { LaunchOutcome } from '../../src/main/handoff/messages/protocol.ts'
import { LaunchQueue } from '../../src/main/handoff/owner/launch-queue.ts'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import { MigrationAbortedError } from '../../src/main/sqlite/errors/open-errors.ts'
import { lockToOpen } from '../../src/main/sqlite/owned-directory.ts'
import { InvalidOptionError } from '../../src/shared/data-dir-error.ts'
import { Deferred } from '../../src/shared/deferred.ts'
import { isFree } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { thrownBy } from '../support/thrown-by.ts'

const onLaunch = async (): Promise<LaunchOutcome> => 'focused'
const isLocked = (dir: string) => !isFree(join(dir, 'app.lock'))

test('open gets the directory and its name with the lock held, and its result is the store, with its type', async () => {
  const dir = temporaryDirectory()
  const open = async (context: OpenContext) => ({ ...context, isLocked: isLocked(dir) })
  await using claimed = await claim({ dir, name: 'app', onLaunch, open })
  expect(claimed.store).toMatchObject({ dir: claimed.dir, name: 'app', isLocked: true })
  expectTypeOf(claimed.store.isLocked).toEqualTypeOf<boolean>()
})

test('a claim without a database creates no database file, and says so when its database is used', async () => {
  const dir = temporaryDirectory()
  await using claimed = await claim({ dir, onLaunch })
  expect(readdirSync(dir).filter((name) => name.includes('.db'))).toEqual([])
  expect((await thrownBy(NoDatabaseError, async () => claimed.pool)).message).toContain('migrations')
  expect(claimed.store).toBeUndefined()
})

test('a claim can have a database and a store: the store is opened last and closed first', async () => {
  const dir = temporaryDirectory()
  const closed: string[] = []
  const claimed = await claim({
    dir,
    database: {},
    onLaunch,
    open: () => ({ hasDatabase: existsSync(join(dir, 'app.db')) }),
    close: () => closed.push(existsSync(join(dir, 'app.db-wal')) ? 'database open' : 'database closed'),
  })
  expect(claimed.store.hasDatabase).toBe(true)
  await claimed.pool.db.schema.createTable('note').addColumn('text', 'text').execute()
  await claimed.close()
  expect(closed).toEqual(['database open'])
})

const ways: [string, (log: string[]) => object, boolean][] = [
  ['close()', (log) => ({ close: () => log.push('closed') }), false],
  ['an asynchronous close()', (log) => ({ close: () => sleep(20).then(() => log.push('closed')) }), false],
  [
    '[Symbol.asyncDispose]()',
    (log) => ({ [Symbol.asyncDispose]: async () => void log.push('closed') }),
    false,
  ],
  ['[Symbol.dispose]()', (log) => ({ [Symbol.dispose]: () => void log.push('closed') }), false],
  ['the option close', () => ({ close: () => expect.unreachable() }), true],
]

test.each(ways)('%s of a store is awaited before the lock is released', async (_, makeStore, isOption) => {
  const dir = temporaryDirectory()
  const log: string[] = []
  const close = isOption ? async () => void log.push('closed') : undefined
  const claimed = await claim({ dir, onLaunch, open: () => makeStore(log), ...(close && { close }) })
  const closing = claimed.close().then(() => log.push(isLocked(dir) ? 'locked' : 'free'))
  expect(isLocked(dir)).toBe(true)
  await closing
  expect(log).toEqual(['closed', 'free'])
})

test('a store that fails to close does not keep the lock', async () => {
  const dir = temporaryDirectory()
  const close = () => Promise.reject(new Error('disk full'))
  const claimed = await claim({ dir, onLaunch, open: () => ({}), close })
  await expect(claimed.close()).rejects.toThrow('disk full')
  expect(isLocked(dir)).toBe(false)
})

test('if open throws, the database is closed, the lock is released, and the claim fails with that error', async () => {
  const dir = temporaryDirectory()
  const open = () => Promise.reject(new Error('no such key'))
  await expect(claim({ dir, database: {}, onLaunch, open })).rejects.toThrow('no such key')
  expect(isLocked(dir)).toBe(false)
  expect(existsSync(join(dir, 'app.db-wal'))).toBe(false)
  expect(existsSync(join(dir, 'app.sock'))).toBe(false)
})

test('beforeClose runs with everything open, before anything is closed, and not after a failed open', async () => {
  const dir = temporaryDirectory()
  const log: string[] = []
  const claimed = await claim({
    dir,
    database: {},
    onLaunch,
    open: () => ({ close: () => log.push('store') }),
    async beforeClose() {
      await claimed.pool.db.schema.createTable('note').addColumn('text', 'text').execute()
      log.push(`before, ${readOwner(dir)?.state}`)
    },
  })
  await claimed.close()
  expect(log).toEqual(['before, quitting', 'store'])
  const open = () => Promise.reject(new Error('no'))
  await expect(claim({ dir, onLaunch, open, beforeClose: () => log.push('again') })).rejects.toThrow('no')
  expect(log).toHaveLength(2)
})

test('a beforeClose that closes the claim itself is called once', async () => {
  const beforeClose = vi.fn(() => void claimed.close())
  const close = vi.fn()
  const claimed = await claim({ dir: temporaryDirectory(), onLaunch, open: () => ({ close }), beforeClose })
  await claimed.close()
  expect(beforeClose).toHaveBeenCalledOnce()
  expect(close).toHaveBeenCalledOnce()
})

test('a beforeClose that throws is reported, and everything is closed', async () => {
  const dir = temporaryDirectory()
  const log: string[] = []
  const claimed = await claim({
    dir,
    onLaunch,
    open: () => ({ close: () => log.push('store') }),
    beforeClose: () => {
      throw new Error('not saved')
    },
  })
  await expect(claimed.close()).rejects.toThrow('not saved')
  expect({ log, isLocked: isLocked(dir) }).toEqual({ log: ['store'], isLocked: false })
})

test('progress of open is in the owner record, and invalid progress is refused', async () => {
  const dir = temporaryDirectory()
  const seen = new Deferred()
  const claiming = claim({
    dir,
    onLaunch,
    async open({ onProgress }) {
      expect(() => onProgress({ done: 3, total: 2 })).toThrow(InvalidOptionError)
      onProgress({ done: 1, total: 3, text: 'Reading the index' })
      await seen.promise
    },
  })
  await vi.waitFor(() =>
    expect(readOwner(dir)).toMatchObject({ state: 'migrating', progress: { done: 1, total: 3 } }),
  )
  seen.resolve()
  await (await claiming).close()
})

test('progress that is reported after the store is open leaves the claim ready', async () => {
  const dir = temporaryDirectory()
  const open = ({ onProgress }: OpenContext) => onProgress
  await using claimed = await claim({ dir, onLaunch, open })
  claimed.store({ done: 3, total: 3 })
  expect(readOwner(dir)?.state).toBe('ready')
})

test('a canceled open is waited for before the lock is released, and its store is closed', async () => {
  const dir = temporaryDirectory()
  const quitting = new AbortController()
  const mayReturn = new Deferred()
  const close = vi.fn()
  const claiming = claim({
    dir,
    onLaunch,
    signal: quitting.signal,
    async open({ signal }) {
      quitting.abort()
      expect(signal.aborted).toBe(true)
      await mayReturn.promise
      return { close }
    },
  })
  claiming.catch(() => undefined)
  await sleep(50)
  expect(isLocked(dir)).toBe(true)
  mayReturn.resolve()
  await thrownBy(MigrationAbortedError, () => claiming)
  expect(close).toHaveBeenCalledOnce()
  expect(isLocked(dir)).toBe(false)
})

test.each(['', '1'])(
  'a store that loses its data aborts the claim, with NAME_SKIP_DATADIR_LOCK=%s',
  async (skip) => {
    vi.stubEnv('APP_SKIP_DATADIR_LOCK', skip)
    onTestFinished(() => void vi.unstubAllEnvs())
    const dir = temporaryDirectory()
    let lose: OpenContext['lose'] = () => undefined
    await using claimed = await claim({
      dir,
      onLaunch,
      open(context) {
        lose = context.lose
      },
    })
    expect(claimed.lost?.aborted).toBe(false)
    lose(new Error('another generation'))
    expect(claimed.lost?.reason).toBeInstanceOf(StoreLostError)
    expect(claimed.lost?.reason).toMatchObject({ dir: claimed.dir, cause: new Error('another generation') })
  },
)

test('if a store is held elsewhere, the claim fails with an error that names the process', async () => {
  const dir = temporaryDirectory()
  const owner = { app: 'Notes', host: 'desk', user: 'ana', pid: 7, since: new Date(0) }
  const open = () => {
    throw heldElsewhere(owner)
  }
  const error = await thrownBy(HeldElsewhereError, () => claim({ dir, onLaunch, open }))
  expect(error.owner).toEqual(owner)
  expect(error.message).toContain('Notes, pid 7, host desk, user ana, since 1970-01-01T00:00:00.000Z')
  expect(isLocked(dir)).toBe(false)
})

test('a time that is no date is left out of who has the store', () => {
  const error = heldElsewhere({ host: 'desk', since: new Date('a moment ago') })
  expect(error.owner).toEqual({ host: 'desk' })
  expect(error.message).toContain('(host desk)')
})

test('a rejected `released` is no unhandled rejection', async () => {
  const unhandled = vi.fn()
  process.on('unhandledRejection', unhandled)
  onTestFinished(() => void process.off('unhandledRejection', unhandled))
  const open = () => {
    throw heldElsewhere({}, { released: Promise.reject(new Error('no connection')) })
  }
  await thrownBy(HeldElsewhereError, () => claim({ dir: temporaryDirectory(), onLaunch, open }))
  await sleep(0)
  expect(unhandled).not.toHaveBeenCalled()
})

test.each(['returns after', 'has returned before'])(
  'a user who quits while the store is tried again: an attempt that %s the quit does not outlive the lock',
  async (when) => {
    const dir = temporaryDirectory()
    const mayReturn = new Deferred()
    const close = vi.fn(() => expect(isLocked(dir)).toBe(true))
    const signals: AbortSignal[] = []
    const claiming = claimOwned(lockToOpen({ dir }), {
      dir,
      hasDatabase: false,
      launches: new LaunchQueue(onLaunch),
      async open({ signal }) {
        signals.push(signal)
        if (signals.length === 1) throw heldElsewhere({ host: 'desk' })
        await mayReturn.promise
        return { close }
      },
      async onHeldElsewhere(error, tryAgain) {
        const trying = tryAgain()
        if (when === 'has returned before') {
          mayReturn.resolve()
          await trying
        }
        trying.catch(() => undefined)
        throw error
      },
    })
    claiming.catch(() => undefined)
    await sleep(50)
    if (when === 'returns after') {
      expect(signals.at(-1)?.aborted).toBe(true)
      expect(isLocked(dir)).toBe(true)
      mayReturn.resolve()
    }
    await thrownBy(HeldElsewhereError, () => claiming)
    expect(close).toHaveBeenCalledOnce()
    expect(isLocked(dir)).toBe(false)
  },
)

test('options of the database may be in an object of their own, and are checked there', async () => {
  const dir = temporaryDirectory()
  await using claimed = await claim({ dir, onLaunch, readers: 3, database: { readers: 1 } })
  expect((await claimed.pool.stats()).readers).toHaveLength(1)
  const misspelt = { reader: 1 } as object
  const error = await thrownBy(InvalidOptionError, () => claim({ dir, onLaunch, database: misspelt }))
  expect(error.remedy).toBe('Did you mean "readers"?')
})
