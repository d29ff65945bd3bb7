import { checkOptions, type OptionChecks } from '../../shared/check-options.ts'
import { callback } from '../../shared/option-kinds.ts'
import { checkName, defaultName, isLockSkipped } from '../directory/names.ts'
import type { WarningDelay } from '../directory/warnings.ts'
import { createEndpoint, type Endpoint } from '../handoff/endpoint/endpoint.ts'
import type { Launch, LaunchOutcome } from '../handoff/messages/protocol.ts'
import { type HandoffServer, startHandoffServer } from '../handoff/owner/server.ts'
import { acquireChecked, type DataDirLock, outageOf } from '../lock/data-dir-lock.ts'
import { AlreadyOpenError } from '../lock/errors.ts'
import { randomHex } from '../runtime/random-hex.ts'
import {
  type ConnectOptions,
  connectForClaim,
  connectOptionChecks,
  type InternalConnectOptions,
  type Pool,
  throwIfCanceledBefore,
} from '../sqlite/pool.ts'
import { OpenQuestions } from './open-questions.ts'
import { OwnerSaid } from './owner-said.ts'

/**
 * What {@link claim} takes: all that {@link connect} takes, and what the owner does with other processes' requests.
 * `signal` cancels the open.
 */
export interface ClaimOptions extends ConnectOptions {
  /**
   * Called as soon as the directory is this process's, before {@link claim} first waits for anything. Hand-off server
   * and database start when what it returns resolves: a contender tries for 2.5 s. What it throws ends the claim.
   */
  readonly onOwned?: (() => Promise<void>) | undefined
  /**
   * Does what a launch asks for and tells what became of it. Called only once the pool is open, for one launch after
   * another, of which none holds up the next for more than 10 s. Where it throws, the contender is told so, with the
   * error's message, and may hand the launch over again.
   */
  readonly onLaunch: (launch: Launch) => Promise<LaunchOutcome>
  /** Whether the app agrees to quit because another process asks; it then does so by itself. Default: it does not. */
  readonly onQuitRequest?: (() => boolean | Promise<boolean>) | undefined
}

const claimOptionChecks: OptionChecks<ClaimOptions> = {
  ...connectOptionChecks,
  onOwned: callback,
  onLaunch: callback,
  onQuitRequest: callback,
}

/** A data directory in this process's hands: lock, hand-off server and pool as one thing. */
export interface Claim<Schema> extends AsyncDisposable {
  /** The open database. {@link close} closes it too. */
  readonly pool: Pool<Schema>
  /** When this process took the lock; undefined where the skip variable is set. */
  readonly heldSince: Date | undefined
  /**
   * Aborts when the lock no longer keeps others out, and when a file of the database was removed, replaced or
   * overwritten. The pool writes nothing from then on.
   */
  readonly lost: AbortSignal | undefined
  /**
   * Takes no more launches, then closes the database, then the hand-off server. Until then, contenders get the answer
   * that this process is quitting. The lock is released last. A second call does nothing more.
   *
   * If a network or FUSE filesystem does not answer, this resolves after about 10 s, and the rest goes on in the
   * background. `process.exit()` then waits for threads that wait for the filesystem. SIGKILL ends the process.
   */
  close(): Promise<void>
}

/**
 * Claims a data directory: the lock, before this function first waits for anything; then the hand-off server, which
 * is not waited for, so that a contender finds somebody to talk to during a long migration; then the pool. Whatever
 * fails, what was taken before is released again.
 *
 * @throws {MigrationAbortedError} when `signal` aborts before the pool is open. If it aborted before the call, nothing
 * was touched.
 * @throws {AlreadyOpenError} where this process has claimed the directory before; `connect` shares the database.
 * @throws everything else that `acquireDataDirLock` and `connect` throw.
 */
export async function claim<Schema>(options: ClaimOptions): Promise<Claim<Schema>> {
  checkOptions('claim', options, claimOptionChecks)
  return claimChecked(options)
}

/** What only callers inside this package give. */
export interface ClaimSurroundings extends InternalConnectOptions {
  /** The questions of this owner to its user while it opens its data. Those of `onDamaged` are always among them. */
  readonly questions?: OpenQuestions
  /** Called as soon as the lock is held. */
  readonly onLocked?: (lock: DataDirLock) => void
}

/** The same for options that were checked, and may be more than a claim knows. */
export async function claimChecked<Schema>(
  options: ClaimOptions & ClaimSurroundings,
): Promise<Claim<Schema>> {
  const name = checkName(options.name ?? defaultName)
  throwIfCanceledBefore(options)
  const lock = isLockSkipped(name) ? undefined : acquireToClaim(options)
  if (lock) options.onLocked?.(lock)
  let place: HandoffPlace | undefined
  let server: HandoffServer | undefined
  let closePool: (() => Promise<void>) | undefined

  const owner = new OwnerSaid((activity) => {
    lock?.publish(activity)
    server?.publish(activity)
  })
  const { questions = new OpenQuestions() } = options
  questions.follow((areOpen) => owner.asks(areOpen))
  // A statement that runs may hold the rest up for long, and launches that come meanwhile would be forgotten.
  const sayQuitting = () => owner.does({ state: 'quitting' })
  options.signal?.addEventListener('abort', sayQuitting)

  let closed: Promise<void> | undefined
  const close = () => {
    options.signal?.removeEventListener('abort', sayQuitting)
    closed ??= closeInOrder({ lock, place, server, closePool })
    return closed
  }

  try {
    place = lock && announce(lock)
    // Where nothing comes first the server starts at once: this thread may be blocked from now on.
    if (options.onOwned) await options.onOwned()
    throwIfCanceledBefore(options)
    server = lock && place && serve(lock, place, options, () => questions.knock())
    let told = ''
    const onMigrationProgress: ClaimOptions['onMigrationProgress'] = (progress) => {
      const { done, total } = progress
      // The bytes of a backup are reported often, and other processes do not need them.
      const isNews = told !== `${done}/${total}`
      if (isNews) owner.does({ state: 'migrating', progress: { done, total } })
      told = `${done}/${total}`
      options.onMigrationProgress?.(progress)
    }
    const { onDamaged, onBackupFailed, onBusy } = options
    const pool = await connectForClaim<Schema>({
      ...options,
      onMigrationProgress,
      ...(typeof onDamaged === 'function' && {
        onDamaged: (damage) => questions.whileOpen(() => onDamaged(damage)),
      }),
      ...(onBackupFailed && {
        onBackupFailed: (error) => questions.whileOpen(() => onBackupFailed(error)),
      }),
      ...(onBusy && { onBusy: (error) => questions.whileOpen(() => onBusy(error)) }),
    })
    closePool = () => pool.close()
    owner.does({ state: 'ready' })
    return { pool, heldSince: lock?.heldSince, lost: lock?.lost, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    // What failed first is the reason, whatever else fails on the way back.
    await close().catch(() => undefined)
    throw error
  }
}

/** A second claim of one directory would take the first one's launches away; locks and pools are shared. */
function acquireToClaim(options: ClaimOptions & WarningDelay): DataDirLock {
  const lock = acquireChecked(options)
  if (!lock.owner.endpoint) return lock
  lock.release()
  throw new AlreadyOpenError(lock.dir)
}

interface HandoffPlace {
  readonly endpoint: Endpoint
  readonly token: string
}

/**
 * Before anybody listens: this thread may be blocked by then, and contenders try for a second at least.
 *
 * @returns undefined where nobody can listen.
 */
function announce(lock: DataDirLock): HandoffPlace | undefined {
  const endpoint = makeEndpoint(lock)
  if (!endpoint) return undefined
  const token = randomHex(16)
  lock.publish({ endpoint: endpoint.path, token })
  return { endpoint, token }
}

function makeEndpoint(lock: DataDirLock): Endpoint | undefined {
  try {
    return createEndpoint(lock.dir, lock.name)
  } catch {
    // A folder in the socket's place, for instance. The data is this process's all the same, and a contender that
    // finds no endpoint in the record is told that nobody takes its launch, as where listening fails.
    return undefined
  }
}

function serve(
  lock: DataDirLock,
  place: HandoffPlace,
  { onLaunch, onQuitRequest, app, version }: ClaimOptions,
  onLaunchWaits: () => void,
): HandoffServer {
  const server = startHandoffServer({
    ...place,
    owner: { app, version },
    onLaunch,
    onQuitRequest,
    onLaunchWaits,
    // An empty text in the record reads as none.
    onEnd: () => lock.publish({ endpoint: '' }),
  })
  const onLost = () => server.leaveSocketFile()
  lock.lost.addEventListener('abort', onLost)
  if (lock.lost.aborted) onLost()
  return {
    ...server,
    async close() {
      await server.close()
      // The lock may have other references, and outlive this one.
      lock.lost.removeEventListener('abort', onLost)
    },
  }
}

interface Taken {
  readonly lock: DataDirLock | undefined
  readonly place: HandoffPlace | undefined
  readonly server: HandoffServer | undefined
  readonly closePool: (() => Promise<void>) | undefined
}

/** Every step may wait for a directory that does not answer, and so may the end of a thread. */
async function closeInOrder(taken: Taken): Promise<void> {
  const closing = closeAll(taken)
  await (taken.lock ? Promise.race([closing, outageOf(taken.lock)]) : closing)
}

async function closeAll({ lock, place, server, closePool }: Taken): Promise<void> {
  lock?.publish({ state: 'quitting' })
  server?.publish({ state: 'quitting' })
  try {
    await closePool?.()
  } finally {
    try {
      if (server) await server.close()
      else if (!lock?.lost.aborted) place?.endpoint.remove()
    } finally {
      // The lock may have other references, and be claimed again.
      if (place) lock?.publish({ endpoint: '' })
      await lock?.[Symbol.asyncDispose]()
    }
  }
}
