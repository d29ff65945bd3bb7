import type { MessagePort } from 'node:worker_threads'
import type { BackupOptions, BackupProgress, CopySettings } from '../backup/backup.ts'
import type { BackupResult } from '../backup/check-backup.ts'
import { BackupFailedError } from '../errors/backup-errors.ts'
import { DatabaseReplacedError } from '../errors/open-errors.ts'
import { WorkerLostError } from '../errors/query-errors.ts'
import { type CarriedError, revived } from '../wire/carried-error.ts'
import type { LostFile } from './file-watch.ts'
import type { PinnedLog } from './housekeeping.ts'

/** What the connection that writes does besides statements. The commands have their own port. */
export type HousekeepingCommand =
  | { readonly type: 'backup'; readonly to: string; readonly settings: CopySettings }
  | { readonly type: 'optimize' | 'quick-check' | 'full-check' | 'look' | 'stop' }

export type HousekeepingRequest =
  | { readonly id: number; readonly command: HousekeepingCommand }
  | { readonly id: number; readonly abort: true }
  /** The answer to `isSealed`. */
  | { readonly id: number; readonly finish: true }

export type HousekeepingReply =
  | { readonly id: number; readonly done: true; readonly result: BackupResult | undefined }
  | { readonly id: number; readonly error: CarriedError }
  | { readonly id: number; readonly progress: BackupProgress }
  /** The backup is ready. It gets its name after the other end has handled all of its progress reports. */
  | { readonly id: number; readonly isSealed: true }
  | { readonly pinned: PinnedLog }
  /** A file is no longer the one that was opened. */
  | { readonly lost: LostFile }
  /** What was saved after that: its path, or undefined when nothing could be saved. */
  | { readonly rescued: string | undefined }

/** What the thread reports by itself. */
export interface HousekeepingEvents {
  onPinnedLog(log: PinnedLog): void
  onFilesLost(error: DatabaseReplacedError): void
}

interface Waiting {
  readonly onProgress: BackupOptions['onProgress']
  resolve(result: BackupResult | undefined): void
  reject(error: Error): void
}

/**
 * The main thread's end of the housekeeping port of the connection that writes. When the connection ends, all pending
 * and later requests are rejected with a {@link WorkerLostError}.
 */
export class HousekeepingClient {
  readonly #port: MessagePort
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  #isClosed = false
  #settleRescue: (path: string | undefined) => void = () => undefined
  #rescue: Promise<string | undefined> = Promise.resolve(undefined)

  constructor(port: MessagePort, events: HousekeepingEvents) {
    this.#port = port
    port.on('message', (reply: HousekeepingReply) => {
      // An error that the app's callback throws is an uncaught exception. It does not interrupt this handler.
      if ('pinned' in reply) queueMicrotask(() => events.onPinnedLog(reply.pinned))
      else if ('lost' in reply) events.onFilesLost(this.#lose(reply.lost))
      else if ('rescued' in reply) this.#settleRescue(reply.rescued)
      else this.#receive(reply)
    })
    port.on('close', () => this.#end())
    port.unref()
  }

  /**
   * Backs the database up while it is in use, as {@link backUp} does.
   *
   * @throws {BackupFailedError} also when `onProgress` throws; the cause is the thrown value.
   */
  async backup(
    to: string,
    { onProgress, signal }: BackupOptions = {},
    settings: CopySettings = {},
  ): Promise<BackupResult> {
    if (signal?.aborted) throw new BackupFailedError(to, 'aborted', signal.reason)
    const id = this.#lastId + 1
    const abort = () => this.#post({ id, abort: true })
    signal?.addEventListener('abort', abort)
    let thrown: { readonly error: unknown } | undefined
    const report: BackupOptions['onProgress'] = (progress) => {
      if (thrown) return
      try {
        onProgress?.(progress)
      } catch (error) {
        thrown = { error }
        abort()
      }
    }
    try {
      return (await this.#ask({ type: 'backup', to, settings }, report)) ?? { damage: undefined }
    } catch (error) {
      if (thrown) throw new BackupFailedError(to, 'callback', thrown.error)
      throw error instanceof WorkerLostError ? new BackupFailedError(to, 'failed', error) : error
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Runs `PRAGMA optimize`, which updates the statistics of SQLite's query planner. */
  async optimize(): Promise<void> {
    await this.#ask({ type: 'optimize' })
  }

  /** @throws better-sqlite3's SqliteError with code `SQLITE_CORRUPT` when the database does not pass. */
  async quickCheck(): Promise<void> {
    await this.#ask({ type: 'quick-check' })
  }

  /** @throws as {@link quickCheck} does, also when an index does not fit its rows. */
  async fullCheck(): Promise<void> {
    await this.#ask({ type: 'full-check' })
  }

  /** Checks whether the files are still the ones that were opened. A loss is reported before this resolves. */
  async look(): Promise<void> {
    await this.#ask({ type: 'look' })
  }

  /** Cancels every backup. Resolves when no part of a backup is left, or the connection has ended. */
  async stop(): Promise<void> {
    await this.#ask({ type: 'stop' }).catch((error: unknown) => {
      if (!(error instanceof WorkerLostError)) throw error
    })
  }

  /** Resolves when the content of lost files is saved; immediately if no file is lost. */
  async rescueDone(): Promise<void> {
    // The process must not end before that.
    if (!this.#isClosed) this.#port.ref()
    await this.#rescue
    if (this.#waiting.size === 0) this.#port.unref()
  }

  #lose({ path, what }: LostFile): DatabaseReplacedError {
    this.#rescue = new Promise((resolve) => {
      this.#settleRescue = resolve
    })
    return new DatabaseReplacedError(path, what, this.#rescue)
  }

  #ask(
    command: HousekeepingCommand,
    onProgress?: BackupOptions['onProgress'],
  ): Promise<BackupResult | undefined> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(lost())
        return
      }
      this.#waiting.set(id, { onProgress, resolve, reject })
      // The process must not end before the answer.
      this.#port.ref()
      this.#post({ id, command })
    })
  }

  #receive(reply: Extract<HousekeepingReply, { id: number }>): void {
    const waiting = this.#waiting.get(reply.id)
    if ('progress' in reply) {
      waiting?.onProgress?.(reply.progress)
      return
    }
    if ('isSealed' in reply) {
      this.#post({ id: reply.id, finish: true })
      return
    }
    this.#waiting.delete(reply.id)
    if (this.#waiting.size === 0) this.#port.unref()
    if ('error' in reply) waiting?.reject(revived(reply.error))
    else waiting?.resolve(reply.result)
  }

  #post(request: HousekeepingRequest): void {
    this.#port.postMessage(request)
  }

  #end(): void {
    this.#isClosed = true
    this.#settleRescue(undefined)
    for (const { reject } of this.#waiting.values()) reject(lost())
    this.#waiting.clear()
  }
}

/** The port closes when the thread ends. It does not report the reason. */
function lost(): WorkerLostError {
  return new WorkerLostError('writer', '', new Error('its connection was closed'))
}
