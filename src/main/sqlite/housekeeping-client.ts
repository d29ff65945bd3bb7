import type { MessagePort } from 'node:worker_threads'
import { type BackupOptions, refuseOntoItself } from './backup.ts'
import { BackupFailedError } from './backup-errors.ts'
import { revived } from './carried-error.ts'
import type { PinnedLog } from './housekeeping.ts'
import type { HousekeepingCommand, HousekeepingReply, HousekeepingRequest } from './housekeeping-messages.ts'

interface Waiting {
  readonly onProgress: BackupOptions['onProgress']
  resolve(): void
  reject(error: Error): void
}

/** The main thread's end of the housekeeping port of the connection that writes. */
export class HousekeepingClient {
  readonly #port: MessagePort
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  #isClosed = false

  constructor(port: MessagePort, onPinned: (log: PinnedLog) => void) {
    this.#port = port
    port.on('message', (reply: HousekeepingReply) => {
      if ('pinned' in reply) onPinned(reply.pinned)
      else this.#receive(reply)
    })
    port.on('close', () => this.#end())
    port.unref()
  }

  /**
   * Backs the database up while it is in use, as {@link backUp} does.
   *
   * @throws {BackupFailedError} {InvalidOptionError}
   */
  async backup(databasePath: string, to: string, { onProgress, signal }: BackupOptions = {}): Promise<void> {
    refuseOntoItself(databasePath, to)
    if (signal?.aborted) throw new BackupFailedError(to, 'aborted', signal.reason)
    const id = this.#lastId + 1
    const abort = () => this.#post({ id, abort: true })
    signal?.addEventListener('abort', abort)
    try {
      await this.#ask({ type: 'backup', to }, onProgress)
    } catch (error) {
      throw error instanceof ConnectionEndedError ? new BackupFailedError(to, 'failed', error) : error
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Lets SQLite look after the statistics of its query planner. */
  optimize(): Promise<void> {
    return this.#ask({ type: 'optimize' })
  }

  /** @throws better-sqlite3's SqliteError with code `SQLITE_CORRUPT` when the database does not pass. */
  quickCheck(): Promise<void> {
    return this.#ask({ type: 'quick-check' })
  }

  /** Calls off every backup. Resolves when nothing is left of them, or the connection is gone. */
  async stop(): Promise<void> {
    await this.#ask({ type: 'stop' }).catch((error: unknown) => {
      if (!(error instanceof ConnectionEndedError)) throw error
    })
  }

  #ask(command: HousekeepingCommand, onProgress?: BackupOptions['onProgress']): Promise<void> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(new ConnectionEndedError())
        return
      }
      this.#waiting.set(id, { onProgress, resolve, reject })
      // What is asked for is waited for: the process must not end before the answer.
      this.#port.ref()
      this.#post({ id, command })
    })
  }

  #receive(reply: Exclude<HousekeepingReply, { pinned: PinnedLog }>): void {
    const waiting = this.#waiting.get(reply.id)
    if ('progress' in reply) {
      waiting?.onProgress?.(reply.progress)
      return
    }
    this.#waiting.delete(reply.id)
    if (this.#waiting.size === 0) this.#port.unref()
    if ('error' in reply) waiting?.reject(revived(reply.error))
    else waiting?.resolve()
  }

  #post(request: HousekeepingRequest): void {
    this.#port.postMessage(request)
  }

  #end(): void {
    this.#isClosed = true
    for (const { reject } of this.#waiting.values()) reject(new ConnectionEndedError())
    this.#waiting.clear()
  }
}

class ConnectionEndedError extends Error {
  constructor() {
    super('the connection was closed')
  }
}
