import { randomBytes } from 'node:crypto'
import { checkOptions } from '../shared/check-options.ts'
import { claimOptionChecks } from './claim-option-checks.ts'
import { createEndpoint } from './handoff/endpoint.ts'
import type { Launch, LaunchOutcome } from './handoff/protocol.ts'
import { type HandoffServer, startHandoffServer } from './handoff/server.ts'
import { acquireChecked, type DataDirLock } from './lock/data-dir-lock.ts'
import { checkName, defaultName } from './lock/names.ts'
import { isLockSkipped } from './lock/skip-variable.ts'
import { type ConnectOptions, connectChecked, type Pool, release } from './sqlite/pool.ts'

export interface ClaimOptions extends ConnectOptions {
  /** Does what a launch asks for and tells what became of it. Called only once the pool is open. */
  readonly onLaunch: (launch: Launch) => Promise<LaunchOutcome>
  /** Whether the app agrees to quit because another process asks; it then does so by itself. Default: it does not. */
  readonly onQuitRequest?: (() => boolean | Promise<boolean>) | undefined
}

/** A data directory in this process's hands: lock, hand-off server and pool as one thing. */
export interface Claim<Schema> extends AsyncDisposable {
  readonly pool: Pool<Schema>
  /** When this process took the lock; undefined where the skip variable is set. */
  readonly heldSince: Date | undefined
  /** Aborts when the lock no longer keeps others out; the pool writes nothing from then on. */
  readonly lost: AbortSignal | undefined
  /**
   * Takes no more launches, then closes the database, then the hand-off server, which tells contenders until then
   * that this process is quitting, and releases the lock last. Doing it twice is once.
   */
  close(): Promise<void>
}

/**
 * Claims a data directory: the lock, before this function first waits for anything; then the hand-off server, which
 * is not waited for, so that a contender finds somebody to talk to during a long migration; then the pool. Whatever
 * fails, what was taken before is released again.
 *
 * @throws everything `acquireDataDirLock` and `connect` throw.
 */
export async function claim<Schema>(options: ClaimOptions): Promise<Claim<Schema>> {
  checkOptions('claim', options, claimOptionChecks)
  return claimChecked(options)
}

/** The same for options that were checked, and may be more than a claim knows. */
export async function claimChecked<Schema>(options: ClaimOptions): Promise<Claim<Schema>> {
  const name = checkName(options.name ?? defaultName)
  const lock = isLockSkipped(name) ? undefined : acquireChecked(options)
  let server: HandoffServer | undefined
  let pool: Pool<Schema> | undefined

  let closed: Promise<void> | undefined
  const close = () => {
    closed ??= closeInOrder(lock, server, pool && (() => release(options.dir, name)))
    return closed
  }

  try {
    server = lock && serve(lock, options)
    const onMigrationProgress: ClaimOptions['onMigrationProgress'] = (progress) => {
      const { done, total } = progress
      const activity = { state: 'migrating', progress: { done, total } } as const
      lock?.publish(activity)
      server?.publish(activity)
      options.onMigrationProgress?.(progress)
    }
    pool = await connectChecked<Schema>({ ...options, onMigrationProgress })
    server?.publish({ state: 'ready' })
    lock?.publish({ state: 'ready' })
    return { pool, heldSince: lock?.heldSince, lost: lock?.lost, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

function serve(lock: DataDirLock, { onLaunch, onQuitRequest, app, version }: ClaimOptions): HandoffServer {
  const endpoint = createEndpoint(lock.dir, lock.name)
  const token = randomBytes(16).toString('hex')
  const server = startHandoffServer({
    endpoint,
    token,
    owner: { app, version },
    onLaunch,
    onQuitRequest,
    // An empty text in the record reads as none.
    onEnd: () => lock.publish({ endpoint: '' }),
  })
  // Before it listens: this thread may be blocked by then, and contenders try for a second.
  lock.publish({ endpoint: endpoint.path, token })
  lock.lost.addEventListener('abort', () => server.leaveSocketFile(), { once: true })
  return server
}

async function closeInOrder(
  lock: DataDirLock | undefined,
  server: HandoffServer | undefined,
  closePool: (() => Promise<void>) | undefined,
): Promise<void> {
  lock?.publish({ state: 'quitting' })
  server?.publish({ state: 'quitting' })
  try {
    await closePool?.()
  } finally {
    try {
      await server?.close()
    } finally {
      lock?.release()
    }
  }
}
