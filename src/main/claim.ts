import { randomBytes } from 'node:crypto'
import { createEndpoint } from './handoff/endpoint.ts'
import type { Launch, LaunchOutcome } from './handoff/protocol.ts'
import { type HandoffServer, startHandoffServer } from './handoff/server.ts'
import { acquireDataDirLock, type DataDirLock } from './lock/data-dir-lock.ts'
import { checkName, defaultName } from './lock/names.ts'
import { isLockSkipped } from './lock/skip-variable.ts'
import { type ConnectOptions, connect, type Pool, release } from './sqlite/pool.ts'

export interface ClaimOptions extends ConnectOptions {
  /** Does what a launch asks for and tells what became of it. Called only once the pool is open. */
  readonly onLaunch: (launch: Launch) => Promise<LaunchOutcome>
}

/** A data directory in this process's hands: lock, hand-off server and pool as one thing. */
export interface Claim<Schema> extends AsyncDisposable {
  readonly pool: Pool<Schema>
  /** When this process took the lock; undefined where the skip variable is set. */
  readonly heldSince: Date | undefined
  /** Aborts when the lock no longer keeps others out; the pool writes nothing from then on. */
  readonly lost: AbortSignal | undefined
  /** Closes hand-off server, database and lock, in that order. Doing it twice is once. */
  close(): Promise<void>
}

/**
 * Claims a data directory: the lock, before this function first waits for anything; then the hand-off server, so
 * that a contender finds somebody to talk to during a long migration; then the pool. Whatever fails, what was
 * taken before is released again.
 *
 * @throws everything {@link acquireDataDirLock} and {@link connect} throw.
 */
export async function claim<Schema>(options: ClaimOptions): Promise<Claim<Schema>> {
  const name = checkName(options.name ?? defaultName)
  const lock = isLockSkipped(name) ? undefined : acquireDataDirLock(options)
  let server: HandoffServer | undefined
  let pool: Pool<Schema> | undefined

  let closed: Promise<void> | undefined
  const close = () => {
    closed ??= closeInOrder(lock, server, pool && (() => release(options.dir, name)))
    return closed
  }

  try {
    const opened = new Milestone()
    server = lock && (await serve(lock, opened, options.onLaunch))
    pool = await connect<Schema>(options)
    opened.reach()
    lock?.publish({ state: 'ready' })
    return { pool, heldSince: lock?.heldSince, lost: lock?.lost, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

async function serve(
  lock: DataDirLock,
  opened: Milestone,
  onLaunch: ClaimOptions['onLaunch'],
): Promise<HandoffServer> {
  const endpoint = createEndpoint(lock.dir, lock.name)
  const token = randomBytes(16).toString('hex')
  const server = await startHandoffServer({
    endpoint,
    token,
    onLaunch: async (launch) => {
      await opened.reached
      return onLaunch(launch)
    },
  })
  lock.publish({ endpoint: endpoint.path, token })
  return server
}

async function closeInOrder(
  lock: DataDirLock | undefined,
  server: HandoffServer | undefined,
  closePool: (() => Promise<void>) | undefined,
): Promise<void> {
  lock?.publish({ state: 'quitting' })
  try {
    await server?.close()
  } finally {
    try {
      await closePool?.()
    } finally {
      lock?.release()
    }
  }
}

/** Something that is reached once and can be waited for. */
class Milestone {
  readonly reached: Promise<void>
  reach: () => void = () => undefined

  constructor() {
    this.reached = new Promise((resolve) => {
      this.reach = resolve
    })
  }
}
