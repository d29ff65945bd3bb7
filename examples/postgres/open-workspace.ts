import { Socket } from 'node:net'
import { heldElsewhere, type OpenContext } from 'electron-datadir/node'
import { CompiledQuery, Kysely, PostgresDialect, sql, type Transaction } from 'kysely'
import { Pool } from 'pg'
import { connectionConfig, connectionSettings, LockSession, useSettings, within } from './lock-session.ts'

/** The server, and which data on it belongs to one process at a time. */
export interface WorkspaceOptions {
  /** `postgresql://user@host/database`. If there is a pooler, it must give each connection a session of its own. */
  readonly url: string
  /** Names the data that has one owner. */
  readonly workspace: string
  /** The app's name, for the dialog of other processes. */
  readonly app: string
  /** After how many milliseconds without an answer a connection counts as cut. Default 10 000. */
  readonly silence?: number
}

/** The data of a workspace, in the process that owns it. */
export interface Workspace<DB> {
  /** For reads. The server refuses writes through it. */
  readonly db: Kysely<DB>
  /** Each owner has a greater generation than the previous owner. */
  readonly generation: number
  /**
   * Runs a write transaction. It resolves when the server has committed it. If the connection breaks during the commit,
   * it rejects although the server may have committed.
   *
   * @throws the reason of the loss if this process does not own the workspace any more.
   */
  write<T>(work: (transaction: Transaction<DB>) => Promise<T>): Promise<T>
  /** Waits for running queries, releases the workspace and notifies the waiting processes; at most half of `silence`. */
  close(): Promise<void>
}

/** Returns the function for the option `open` of `claim` and `claimDataDir`. */
export function openWorkspace<DB>({ url, workspace, app, silence = 10_000 }: WorkspaceOptions) {
  // Between two tries the connection stays open, so that the owner's NOTIFY arrives.
  let waiting: LockSession | undefined
  return async (context: OpenContext): Promise<Workspace<DB>> => {
    const session = waiting && !waiting.hasEnded ? waiting : new LockSession({ url, workspace, silence })
    waiting = undefined
    context.signal.addEventListener('abort', session.destroy)
    try {
      const held = await within(silence, session.take())
      if (held) {
        waiting = session
        throw heldElsewhere(held.owner, { released: held.released })
      }
      const generation = await session.raiseGeneration(app)
      context.signal.removeEventListener('abort', session.destroy)
      return ownedWorkspace<DB>(session, { url, workspace, generation, silence, lose: context.lose })
    } catch (error) {
      if (waiting !== session) session.destroy()
      throw error
    }
  }
}

interface Ownership extends Required<Omit<WorkspaceOptions, 'app'>> {
  readonly generation: number
  readonly lose: (reason: Error) => void
}

function ownedWorkspace<DB>(
  session: LockSession,
  { url, workspace, generation, silence, lose: loseClaim }: Ownership,
): Workspace<DB> {
  const { db, cut } = connectPool<DB>(url, silence)
  const watching = new AbortController()
  let lostBecause: Error | undefined

  const lose = (reason: Error) => {
    lostBecause ??= reason
    if (watching.signal.aborted) return
    watching.abort()
    // Writes that still wait for the server are refused now.
    cut()
    session.destroy()
    loseClaim(reason)
  }
  void session.loss(watching.signal).then((reason) => watching.signal.aborted || lose(reason))

  return {
    db,
    generation,
    async write(work) {
      if (lostBecause) throw lostBecause
      const inTransaction = async (transaction: Transaction<DB>) => {
        // A successor raises the generation before it writes. While the row is locked, the successor waits.
        const owned = await sql`
          select 1 from workspace_owner where workspace = ${workspace} and generation = ${generation} for share
        `.execute(transaction)
        if (owned.rows.length === 0) lose(new Error(`Another process has opened the workspace ${workspace}.`))
        if (lostBecause) throw lostBecause
        return await work(transaction)
      }
      try {
        return await db.transaction().setAccessMode('read write').execute(inTransaction)
      } catch (error) {
        throw lostBecause ?? error
      }
    },
    async close() {
      watching.abort()
      const closing = db.destroy().then(() => (lostBecause ? undefined : session.release()))
      // A server that does not answer releases the lock itself.
      await within(silence / 2, closing).catch(() => undefined)
      cut()
      session.destroy()
    },
  }
}

/** Kysely on a pool of connections. `cut` ends all of them at once. */
function connectPool<DB>(url: string, silence: number): { db: Kysely<DB>; cut: () => void } {
  const sockets = new Set<Socket>()
  const stream = () => {
    const socket = new Socket()
    sockets.add(socket)
    return socket.once('close', () => sockets.delete(socket))
  }
  const pool = new Pool(connectionConfig(url, silence, stream))
  // The query that needs the connection reports the error. Without these handlers, the error would end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const settings = { ...connectionSettings(silence), default_transaction_read_only: 'on' }
  const dialect = new PostgresDialect({
    pool,
    async onCreateConnection(connection) {
      await connection.executeQuery(CompiledQuery.raw(useSettings, [JSON.stringify(settings)]))
    },
  })
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return { db: new Kysely<DB>({ dialect }), cut }
}
