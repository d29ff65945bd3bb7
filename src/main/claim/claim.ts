import { checkOptions, type OptionChecks } from '../../shared/check-options.ts'
import { callback } from '../../shared/option-kinds.ts'
import { databasePathIn } from '../directory/names.ts'
import type { Launch, LaunchOutcome, OwnerActivity } from '../handoff/messages/protocol.ts'
import { LaunchQueue } from '../handoff/owner/launch-queue.ts'
import { AlreadyOpenError } from '../lock/errors.ts'
import { throwIfCanceled } from '../sqlite/errors/open-errors.ts'
import type { InternalOpenOptions } from '../sqlite/open-options.ts'
import {
  type ConnectOptions,
  connectOptionChecks,
  lockToOpen,
  type OwnedDirectory,
  openOrShare,
  type Pool,
} from '../sqlite/pool.ts'
import { announceEndpoint } from './announced-endpoint.ts'

/**
 * The options of {@link claim}: those of {@link connect}, and callbacks for the requests of other processes. `signal`
 * cancels the open.
 */
export interface ClaimOptions extends ConnectOptions {
  /**
   * Called as soon as this process has the lock, before {@link claim} first waits for anything. The hand-off server and
   * the database start when the returned promise resolves. A contender tries to reach the server for 2.5 s. If this
   * callback throws, the claim fails with that error.
   */
  readonly onOwned?: (() => Promise<void>) | undefined
  /**
   * Does what a launch asks for, and returns the outcome. It is called only after the pool is open. Launches come one
   * after another, and none delays the next for more than 10 s. If it throws, the contender gets the error's message, and
   * may hand the launch over again.
   */
  readonly onLaunch: (launch: Launch) => Promise<LaunchOutcome>
}

const claimOptionChecks: OptionChecks<ClaimOptions> = {
  ...connectOptionChecks,
  onOwned: callback,
  onLaunch: callback,
}

/** A data directory that this process owns, with its lock, hand-off server and pool. */
export interface Claim<Schema> extends AsyncDisposable {
  /** The open database. {@link close} closes it too. */
  readonly pool: Pool<Schema>
  /** When this process took the lock; undefined if the skip variable is set. */
  readonly heldSince: Date | undefined
  /**
   * Aborts when the lock no longer keeps others out, or when a file of the database was removed, replaced or
   * overwritten. From then on, the pool writes nothing.
   */
  readonly lost: AbortSignal | undefined
  /**
   * Stops accepting launches, then closes the database, then the hand-off server. Until the server is closed,
   * contenders get the answer that this process is quitting. The lock is released last. A second call does nothing
   * more.
   *
   * If a network or FUSE filesystem does not answer, the promise resolves after about 10 s, and the rest continues in
   * the background. `process.exit()` then waits for threads that wait for the filesystem. SIGKILL ends the process.
   */
  close(): Promise<void>
}

/**
 * Claims a data directory: takes the lock synchronously, starts the hand-off server, and opens the pool. The server
 * starts before the pool, so that a contender gets an answer during a long migration. The pool does not wait for the
 * server. If a step fails, the steps before it are undone.
 *
 * @throws {MigrationAbortedError} when `signal` aborts before the pool is open. If it aborted before the call, nothing
 * was touched.
 * @throws {AlreadyOpenError} if this process has already claimed the directory. Use `connect` to share its database.
 * @throws everything else that `acquireDataDirLock` and `connect` throw.
 */
export async function claim<Schema>(options: ClaimOptions): Promise<Claim<Schema>> {
  checkOptions('claim', options, claimOptionChecks)
  return claimOwned(lockToOpen(options), { ...options, launches: new LaunchQueue(options.onLaunch) })
}

/** Options for callers inside this package. */
export interface InternalClaimOptions extends Omit<ClaimOptions, 'onLaunch'>, InternalOpenOptions {
  /** Takes the launches. It opens when the pool is open, and closes when the claim does. */
  readonly launches: LaunchQueue
  /** Called when a launch arrives while a question waits for the user. */
  readonly onLaunchWhileAsking?: () => void
}

/** Claims a directory whose lock this process has taken. The lock then belongs to the claim. */
export async function claimOwned<Schema>(
  owned: OwnedDirectory,
  options: InternalClaimOptions,
): Promise<Claim<Schema>> {
  const { directory, name, lock } = owned
  // Locks and pools are shared, but a second claim would take the launches of the first one.
  if (lock?.owner.endpoint) {
    lock.release()
    throw new AlreadyOpenError(lock.dir)
  }
  const { onOwned, launches, onLaunchWhileAsking, app, version, signal } = options
  const endpoint = lock && announceEndpoint(lock)
  let pool: Pool<Schema> | undefined

  const activity = new PublishedActivity((now) => {
    lock?.publish(now)
    endpoint?.publish(now)
    if (now.state === 'ready') launches.open()
    if (now.state === 'quitting') launches.close()
  })
  // A running statement may delay the close for long. A launch that comes meanwhile is not lost then.
  const startQuitting = () => activity.set({ state: 'quitting' })
  signal?.addEventListener('abort', startQuitting)

  // Each step may wait for a directory that does not answer, and so may the end of a thread.
  const closeInOrder = async () => {
    const closing = Promise.resolve(pool?.close())
      .finally(() => endpoint?.close())
      .finally(() => lock?.[Symbol.asyncDispose]())
    await (lock ? Promise.race([closing, lock.outage()]) : closing)
  }
  let closed: Promise<void> | undefined
  const close = () => {
    signal?.removeEventListener('abort', startQuitting)
    startQuitting()
    closed ??= closeInOrder()
    return closed
  }

  try {
    // If there is nothing to wait for, the server starts at once: this thread may be blocked from now on.
    if (onOwned) await onOwned()
    throwIfCanceled(databasePathIn(directory.path, name), signal)
    endpoint?.listen({
      owner: { app, version },
      onLaunch(launch) {
        if (activity.isAsking) onLaunchWhileAsking?.()
        return launches.add(launch)
      },
    })
    const shared = { ...owned, lock: lock?.share() }
    pool = await openOrShare<Schema>(shared, { givenDir: undefined }, publishing(activity, options))
    activity.set({ state: 'ready' })
    return { pool, heldSince: lock?.heldSince, lost: lock?.lost, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    // The first error is the reason, even if closing fails too.
    await close().catch(() => undefined)
    throw error
  }
}

/** The same options. What is done and asked while the database is opened is published. */
function publishing(activity: PublishedActivity, options: InternalClaimOptions): InternalClaimOptions {
  const { onDamaged, onBackupFailed, onBusy } = options
  let published = ''
  return {
    ...options,
    onMigrationProgress(progress) {
      const { done, total } = progress
      // The bytes of a backup are reported often, and other processes do not need them.
      const isNews = published !== `${done}/${total}`
      if (isNews) activity.set({ state: 'migrating', progress: { done, total } })
      published = `${done}/${total}`
      options.onMigrationProgress?.(progress)
    },
    ...(typeof onDamaged === 'function' && {
      onDamaged: (damage) => activity.whileAsking(() => onDamaged(damage)),
    }),
    ...(onBackupFailed && { onBackupFailed: (error) => activity.whileAsking(() => onBackupFailed(error)) }),
    ...(onBusy && { onBusy: (error) => activity.whileAsking(() => onBusy(error)) }),
  }
}

/**
 * What an owner publishes that it is doing. While a question waits for the user, that is `asking`, because the work waits
 * for the answer.
 */
class PublishedActivity {
  readonly #publish: (activity: OwnerActivity) => void
  #activity: OwnerActivity = { state: 'starting' }
  #questions = 0

  constructor(publish: (activity: OwnerActivity) => void) {
    this.#publish = publish
  }

  get isAsking(): boolean {
    return this.#questions > 0
  }

  /** Nothing comes after `quitting`. */
  set(activity: OwnerActivity): void {
    if (this.#activity.state === 'quitting') return
    this.#activity = activity
    const isOpening = activity.state === 'starting' || activity.state === 'migrating'
    this.#publish(this.isAsking && isOpening ? { state: 'asking' } : activity)
  }

  /** Asks something that waits for the user. */
  async whileAsking<Answer>(ask: () => Answer | Promise<Answer>): Promise<Answer> {
    this.#questions++
    if (this.#questions === 1) this.set(this.#activity)
    try {
      return await ask()
    } finally {
      this.#questions--
      if (this.#questions === 0) this.set(this.#activity)
    }
  }
}
