import { createHash } from 'node:crypto'
import { Socket } from 'node:net'
import { hostname, userInfo } from 'node:os'
import { setImmediate, setInterval, setTimeout as sleep } from 'node:timers/promises'
import type { ElsewhereOwner } from 'electron-datadir/node'
import { Client, type ClientConfig } from 'pg'

const channel = 'workspace_released'
const createTable = `
  select pg_advisory_xact_lock(hashtext('workspace_owner'));
  create table if not exists workspace_owner (
    workspace text primary key, generation integer not null,
    app text not null, host text not null, user_name text not null, pid integer not null, since timestamptz not null
  )`

/** Which server, which data on it, and how long a connection may be silent before it counts as cut, in milliseconds. */
export interface SessionOptions {
  readonly url: string
  readonly workspace: string
  readonly silence: number
}

/** The connection of a process that has a workspace, or waits for it. The advisory lock belongs to this connection. */
export class LockSession {
  /** Resolves when the connection has ended, with the reason. */
  readonly ended: Promise<Error>
  hasEnded = false
  readonly #client: Client
  readonly #socket = new Socket()
  readonly #options: SessionOptions
  /** 64 bits: the advisory locks of a database share one space of numbers. */
  readonly #key: string
  #connected: Promise<void> | undefined
  #lastHeartbeat: Promise<unknown> | undefined
  #onReleased = (): void => undefined

  constructor(options: SessionOptions) {
    this.#options = options
    const { url, workspace, silence } = options
    this.#key = createHash('sha256').update(`workspace ${workspace}`).digest().readBigInt64BE().toString()
    const client = new Client(connectionConfig(url, silence, () => this.#socket))
    client.on('notification', ({ payload }) => payload === workspace && this.#onReleased())
    this.ended = new Promise<Error>((resolve) => {
      client.on('error', resolve)
      client.on('end', () => resolve(new Error('The connection to the server has ended.')))
    }).finally(() => {
      this.hasEnded = true
    })
    this.#client = client
  }

  /**
   * Tries to take the lock.
   *
   * @returns undefined if this session has it now. Otherwise the owner, and a promise for the owner's NOTIFY.
   */
  async take(): Promise<{ owner: ElsewhereOwner; released: Promise<void> } | undefined> {
    this.#socket.ref()
    this.#connected ??= this.#connect()
    await this.#connected
    const released = new Promise<void>((resolve) => {
      this.#onReleased = resolve
    })
    // The session has subscribed before it tries, so it misses no NOTIFY.
    const tried = await this.#client.query('select pg_try_advisory_lock($1) as taken', [this.#key])
    if (tried.rows[0].taken) return undefined
    const facts = await this.#client.query<ElsewhereOwner>(
      'select app, host, user_name as "user", pid, since from workspace_owner where workspace = $1',
      [this.#options.workspace],
    )
    // A process that stops waiting can exit.
    this.#socket.unref()
    return { owner: facts.rows[0] ?? {}, released }
  }

  /**
   * Records this process as the owner. The statement waits for the running write transactions of the previous owner,
   * because they have locked the row.
   *
   * @returns the new generation.
   */
  async raiseGeneration(app: string): Promise<number> {
    const { rows } = await this.#client.query(
      `insert into workspace_owner as before (workspace, generation, app, host, user_name, pid, since)
       values ($1, 1, $2, $3, $4, $5, now())
       on conflict (workspace) do update set generation = before.generation + 1, app = excluded.app,
         host = excluded.host, user_name = excluded.user_name, pid = excluded.pid, since = excluded.since
       returning generation`,
      [this.#options.workspace, app, hostname(), userInfo().username, process.pid],
    )
    return rows[0].generation
  }

  /**
   * Watches the connection until `signal` aborts.
   *
   * @returns why the lock is lost: the connection has ended, or the server does not answer.
   */
  async loss(signal: AbortSignal): Promise<Error> {
    const { silence } = this.#options
    const heartbeat = async (): Promise<never> => {
      for await (const _ of setInterval(silence / 10, undefined, { signal, ref: false })) {
        this.#lastHeartbeat = this.#client.query('select 1')
        await within(silence / 2, this.#lastHeartbeat)
      }
      throw new Error('The heartbeat has ended.')
    }
    return await Promise.race([this.ended, heartbeat().catch((error: Error) => error)])
  }

  /** Releases the lock, notifies the waiting processes, and ends the connection. */
  async release(): Promise<void> {
    const { workspace } = this.#options
    await this.#lastHeartbeat
    await this.#client.query('select pg_advisory_unlock($1), pg_notify($2, $3)', [
      this.#key,
      channel,
      workspace,
    ])
    await this.#client.end()
  }

  /** Ends the connection without a message to the server. The server then releases the lock. */
  readonly destroy = (): void => {
    this.#socket.destroy()
  }

  async #connect(): Promise<void> {
    await this.#client.connect()
    await this.#client.query(useSettings, [JSON.stringify(connectionSettings(this.#options.silence))])
    const { rows } = await this.#client.query("select to_regclass('workspace_owner') as found")
    if (!rows[0].found) await this.#client.query(createTable)
    await this.#client.query(`listen ${channel}`)
  }
}

/** Makes the settings of a JSON object. They replace settings in `options` of the URL, or of the role. */
export const useSettings = 'select set_config(key, value, false) from json_each_text($1)'

/** The server's end of a connection: it ends sessions and transactions that are silent for too long. */
export function connectionSettings(silence: number): Record<string, string> {
  const seconds = (part: number) => String(Math.ceil((silence * part) / 1000))
  return {
    tcp_keepalives_idle: seconds(0.5),
    tcp_keepalives_interval: seconds(0.1),
    tcp_keepalives_count: '5',
    tcp_user_timeout: String(silence),
    idle_in_transaction_session_timeout: String(silence),
    // Ends a running statement if its process has ended. PostgreSQL 14; not on Windows servers.
    client_connection_check_interval: String(silence / 2),
    // A commit is acknowledged when it is on the server's disk.
    synchronous_commit: 'on',
  }
}

/** The client's end of a connection. */
export function connectionConfig(url: string, silence: number, stream: () => Socket): ClientConfig {
  return {
    connectionString: url,
    connectionTimeoutMillis: silence,
    keepAlive: true,
    keepAliveInitialDelayMillis: silence / 2,
    stream,
  }
}

/** @throws if the promise has not settled after some milliseconds. */
export async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  const timeUp = sleep(milliseconds, undefined, { ref: false })
  const failure = timeUp.then(async () => {
    // If the thread was blocked, the answer may have arrived, but may not have been read yet.
    await setImmediate()
    throw new Error(`The server has not answered for ${milliseconds} ms.`)
  })
  return await Promise.race([promise, failure])
}
