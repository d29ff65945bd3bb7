import { checkOptions, type OptionChecks } from '../../shared/check-options.ts'
import { callback } from '../../shared/option-kinds.ts'
import { databasePathIn } from '../directory/names.ts'
import type { Launch, LaunchOutcome } from '../handoff/messages/protocol.ts'
import { handoffThreadFile } from '../handoff/owner/handoff-server.ts'
import { LaunchQueue } from '../handoff/owner/launch-queue.ts'
import { AlreadyOpenError } from '../lock/errors.ts'
import { throwIfCanceled } from '../sqlite/errors/open-errors.ts'
import type { InternalOpenOptions } from '../sqlite/open-options.ts'
import { lockToOpen, type OwnedDirectory } from '../sqlite/owned-directory.ts'
import { type ConnectOptions, connectOptionChecks, openOrShare, type Pool } from '../sqlite/pool.ts'
import { announceEndpoint } from './announced-endpoint.ts'
import {
  type AnySchema,
  type DatabaseOption,
  databaseChecks,
  flattenDatabase,
  hasDatabase,
} from './database-option.ts'
import { NoDatabaseError, StoreLostError } from './errors.ts'
import { PublishedActivity, publishing } from './published-activity.ts'
import {
  closeStore,
  type InternalStoreOptions,
  openStore,
  type StoreOptions,
  storeOptionChecks,
} from './store.ts'

/**
 * The options of {@link claim}: those of {@link connect}, those of the app's own store, and callbacks for the requests of
 * other processes. `signal` cancels the open.
 */
export interface ClaimOptions<Store = undefined> extends ConnectOptions, DatabaseOption, StoreOptions<Store> {
  /**
   * Called as soon as this process has the lock, before {@link claim} first waits for anything. The hand-off server and
   * the database start when the returned promise resolves. A contender tries to reach the server for 2.5 s. If this
   * callback throws, the claim fails with that error.
   */
  readonly onOwned?: (() => Promise<void>) | undefined
  /**
   * Does what a launch asks for, and returns the outcome. It is called only after database and store are open. Launches come one
   * after another, and none delays the next for more than 10 s. If it throws, the contender gets the error's message, and
   * may hand the launch over again.
   */
  readonly onLaunch: (launch: Launch) => Promise<LaunchOutcome>
}

const claimOptionChecks: OptionChecks<ClaimOptions<unknown>> = {
  ...connectOptionChecks,
  ...databaseChecks,
  ...storeOptionChecks,
  onOwned: callback,
  onLaunch: callback,
}

/** A data directory that this process owns, with its lock, its hand-off server, and its pool or store. */
export interface Claim<Schema, Store = undefined> extends AsyncDisposable {
  /**
   * The open database. {@link close} closes it too.
   *
   * @throws {NoDatabaseError} if no option asked for a database.
   */
  readonly pool: Pool<Schema>
  /** What `open` returned; undefined without that option. {@link close} closes it too. */
  readonly store: Store
  /** The data directory's real path. */
  readonly dir: string
  /** When this process took the lock; undefined if the skip variable is set. */
  readonly heldSince: Date | undefined
  /**
   * Aborts when the lock no longer keeps others out, when a file of the database was removed, replaced or overwritten, or
   * when the store has reported a loss. From then on, the pool writes nothing. Undefined if the skip variable is set and
   * there is no store.
   */
  readonly lost: AbortSignal | undefined
  /**
   * Stops accepting launches and calls `beforeClose`. Then it closes the store, the database and the hand-off server.
   * Until the server is closed, contenders get the answer that this process is quitting. The lock is released last. A
   * second call does nothing more.
   *
   * If a network or FUSE filesystem does not answer, the promise resolves after about 10 s, and the rest continues in
   * the background. `process.exit()` then waits for threads that wait for the filesystem. SIGKILL ends the process.
   */
  close(): Promise<void>
}

/**
 * Claims a data directory: takes the lock synchronously, starts the hand-off server, and opens the pool and the app's own
 * store. The server starts first, so that a contender gets an answer during a long migration. The pool does not wait for
 * the server. If a step fails, the steps before it are undone.
 *
 * The pool is opened if an option asks for a database: `database: {}`, `migrations`, or any other option of the pool. The
 * store is opened if there is `open`. Without both, the claim is only lock and hand-off, and neither SQLite nor Kysely is
 * loaded.
 *
 * @throws {MigrationAbortedError} when `signal` aborts before everything is open. If it aborted before the call, nothing
 * was touched.
 * @throws {AlreadyOpenError} if this process has already claimed the directory. Use `connect` to share its database.
 * @throws {HeldElsewhereError} and whatever else `open` throws.
 * @throws everything else that `acquireDataDirLock` and `connect` throw.
 */
export async function claim<Schema = AnySchema, Store = undefined>(
  options: ClaimOptions<Store>,
): Promise<Claim<Schema, Store>> {
  checkOptions('claim', options, claimOptionChecks as OptionChecks<ClaimOptions<Store>>)
  const request = flattenDatabase('claim', options)
  return claimOwned(lockToOpen(request), {
    ...request,
    hasDatabase: hasDatabase(request),
    launches: new LaunchQueue(request.onLaunch),
  })
}

/** Options for callers inside this package. */
export interface InternalClaimOptions<Store>
  extends Omit<ClaimOptions<Store>, 'onLaunch' | 'signal'>,
    InternalStoreOptions<Store>,
    InternalOpenOptions {
  /** Whether the app has asked for a database. */
  readonly hasDatabase: boolean
  /** Takes the launches. It opens when everything is open, and closes when the claim does. */
  readonly launches: LaunchQueue
  /** Called when a launch arrives while a question waits for the user. */
  readonly onLaunchWhileAsking?: () => void
  /** Called when everything is being opened. If it throws, the claim fails with that error. */
  readonly whileOpening?: (() => Promise<void>) | undefined
}

/** Claims a directory whose lock this process has taken. The lock then belongs to the claim. */
export async function claimOwned<Schema, Store>(
  owned: OwnedDirectory,
  options: InternalClaimOptions<Store>,
): Promise<Claim<Schema, Store>> {
  const { directory, name, lock } = owned
  // Locks and pools are shared, but a second claim would take the launches of the first one.
  if (lock?.owner.endpoint) {
    lock.release()
    throw new AlreadyOpenError(lock.dir)
  }
  const { onOwned, whileOpening, quiet, launches, onLaunchWhileAsking, app, version, signal, open } = options
  const endpoint = lock && announceEndpoint(lock)
  let pool: Pool<Schema> | undefined
  let opened: { readonly store: Store } | undefined

  // A contender that reads `ready` expects the server to listen.
  let isListening = quiet === undefined || endpoint === undefined
  const activity = new PublishedActivity((now) => {
    lock?.publish(now.state === 'ready' && !isListening ? { state: 'starting' } : now)
    endpoint?.publish(now)
    if (now.state === 'ready') launches.open()
    if (now.state === 'quitting') launches.close()
  })
  // A running statement may delay the close for long. A launch that comes meanwhile is not lost then.
  const startQuitting = () => activity.set({ state: 'quitting' })
  signal?.addEventListener('abort', startQuitting)

  let isReady = false
  // Each step may wait for a directory that does not answer, and so may the end of a thread.
  const closeInOrder = async () => {
    const callBeforeClose = async () => isReady && (await options.beforeClose?.())
    const closing = callBeforeClose()
      .finally(() => opened && closeStore(opened.store, options.close))
      .finally(() => pool?.close())
      .finally(() => endpoint?.close())
      .finally(() => lock?.[Symbol.asyncDispose]())
    await (lock ? Promise.race([closing, lock.outage()]) : closing)
  }
  let closed: Promise<void> | undefined
  const close = () => {
    signal?.removeEventListener('abort', startQuitting)
    startQuitting()
    // Not at once: `beforeClose` may call this itself.
    closed ??= Promise.resolve().then(closeInOrder)
    return closed
  }

  try {
    // If there is nothing to wait for, the server starts at once: this thread may be blocked from now on.
    if (onOwned) await onOwned()
    throwIfCanceled(databasePathIn(directory.path, name), signal)
    const onListening = () => {
      if (isListening) return
      isListening = true
      activity.repeat()
    }
    const listen = () =>
      endpoint?.listen({
        owner: { app, version },
        onListening,
        onLaunch(launch) {
          if (activity.isAsking) onLaunchWhileAsking?.()
          return launches.add(launch)
        },
      })
    if (!quiet) listen()
    else {
      handoffThreadFile()
      // Contenders then find no endpoint, and report that this owner takes no launches.
      void quiet.then(listen).catch(() => {
        endpoint?.giveUp()
        onListening()
      })
    }
    const shown = whileOpening?.()
    shown?.catch(() => undefined)
    if (options.hasDatabase) {
      const shared = { ...owned, lock: lock?.share() }
      pool = await openOrShare<Schema>(shared, { givenDir: undefined }, publishing(activity, options))
    }
    let storeLost: AbortController | undefined
    if (open) {
      // Without a lock there is no other signal.
      storeLost = lock ? undefined : new AbortController()
      const lose = (reason: unknown) => {
        const error = new StoreLostError(directory.path, reason)
        storeLost?.abort(error)
        lock?.lose(error)
      }
      opened = { store: await openStore(open, { owned, activity, lose, options }) }
    }
    await shown
    activity.set({ state: 'ready' })
    isReady = true
    const lost = lock?.lost ?? storeLost?.signal
    return claimWith(pool, opened?.store as Store, { owned, lost, close })
  } catch (error) {
    // The first error is the reason, even if closing fails too.
    await close().catch(() => undefined)
    throw error
  }
}

function claimWith<Schema, Store>(
  pool: Pool<Schema> | undefined,
  store: Store,
  { owned, lost, close }: Pick<Claim<Schema, Store>, 'lost' | 'close'> & { readonly owned: OwnedDirectory },
): Claim<Schema, Store> {
  const { directory, lock } = owned
  return {
    get pool() {
      if (pool) return pool
      throw new NoDatabaseError(directory.path)
    },
    store,
    dir: directory.path,
    heldSince: lock?.heldSince,
    lost,
    close,
    [Symbol.asyncDispose]: close,
  }
}
