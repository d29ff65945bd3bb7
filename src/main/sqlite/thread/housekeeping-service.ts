import type { MessagePort } from 'node:worker_threads'
import type { Database } from 'better-sqlite3'
import { backUp, type CopySettings } from '../backup/backup.ts'
import type { BackupResult } from '../backup/check-backup.ts'
import { fullCheck, quickCheck } from '../damage/find-damage.ts'
import { BackupFailedError } from '../errors/backup-errors.ts'
import { isCorruption } from '../errors/causes.ts'
import { markForCheck } from '../files/check-mark.ts'
import { FileGuard } from '../housekeeping/file-guard.ts'
import type { LostFile } from '../housekeeping/file-watch.ts'
import { Housekeeping, optimize } from '../housekeeping/housekeeping.ts'
import type {
  HousekeepingCommand,
  HousekeepingReply,
  HousekeepingRequest,
} from '../housekeeping/housekeeping-messages.ts'
import type { OpenWriter } from '../open/open-writer.ts'
import type { BackupTasks } from '../repair/backup-task.ts'
import { carried } from '../wire/carried-error.ts'

const indexDamage = { code: 'SQLITE_CORRUPT', message: 'a backup has a damaged index' }

interface RunningBackup {
  readonly canceling: AbortController
  readonly made: Promise<BackupResult>
  /** Lets the backup finish. */
  finish(): void
}

/** The thread's end of the housekeeping port: does what is asked on the connection that writes. */
export class HousekeepingService {
  readonly #connection: Database
  readonly #port: MessagePort
  readonly #tasks: BackupTasks
  readonly #guard: FileGuard
  readonly #housekeeping: Housekeeping
  readonly #backups = new Map<number, RunningBackup>()
  #rescuing: Promise<void> | undefined
  #isStopped = false
  /** Called when a file is no longer the one that was opened, before anything else is done about it. */
  onLost: () => void = () => undefined

  constructor(writer: OpenWriter, port: MessagePort, tasks: BackupTasks) {
    this.#connection = writer.connection
    this.#port = port
    this.#tasks = tasks
    this.#guard = new FileGuard(writer, (lost) => this.#lose(lost))
    this.#housekeeping = new Housekeeping(writer.connection, {
      guard: this.#guard,
      onPinned: (pinned) => this.#send({ pinned }),
    })
    port.on('message', (request: HousekeepingRequest) => void this.#answer(request))
    port.unref()
  }

  #lose(lost: LostFile): void {
    this.onLost()
    this.#send({ lost })
    const seal = (partial: string) => this.#tasks.seal(partial)
    this.#rescuing = this.#guard.rescue(seal).then((rescued) => this.#send({ rescued }))
  }

  /** Which database file is open. */
  get fileId(): string | undefined {
    return this.#guard.fileId
  }

  /**
   * Does a checkpoint that the app asks for.
   *
   * @returns what the work returns, or undefined when there must be none now.
   */
  checkpoint<Result>(work: () => Result): Result | undefined {
    return this.#guard.checkpoint(work)
  }

  /** To be called before a statement that may take the database out of WAL mode. */
  suspendWatch(): void {
    this.#guard.suspend()
  }

  /** To be called when it may be in WAL mode again. */
  resumeWatch(): void {
    this.#guard.resume()
  }

  /** To be called before the answer to a request is sent. */
  noteChanges(): void {
    this.#guard.noteChanges()
  }

  /** To be called after each request the connection has served. */
  touch(): void {
    this.#housekeeping.touch()
  }

  /** To be called before the connection is closed; after `stop` no backup runs any more. */
  close(): void {
    this.#housekeeping.close()
    this.#guard.stop()
    this.#port.close()
  }

  /** To be called after the connection was closed. @param isLast no other connection has the files open. */
  closeFiles(isLast: boolean): void {
    this.#guard.close(isLast)
  }

  async #answer(request: HousekeepingRequest): Promise<void> {
    const { id } = request
    if ('abort' in request) {
      this.#backups.get(id)?.canceling.abort()
      return
    }
    if ('finish' in request) {
      this.#backups.get(id)?.finish()
      return
    }
    try {
      const result = await this.#run(id, request.command)
      if (result?.damage) markForCheck(this.#connection.name, indexDamage)
      this.#send({ id, done: true, result })
    } catch (error) {
      const cause = error instanceof BackupFailedError ? error.cause : error
      if (isCorruption(cause)) markForCheck(this.#connection.name, cause)
      this.#send({ id, error: carried(error) })
    }
  }

  async #run(id: number, command: HousekeepingCommand): Promise<BackupResult | undefined> {
    switch (command.type) {
      case 'backup':
        return this.#backUp(id, command.to, command.settings)
      case 'optimize':
        optimize(this.#connection)
        break
      case 'quick-check':
        quickCheck(this.#connection)
        break
      case 'full-check':
        fullCheck(this.#connection)
        break
      case 'look':
        this.#guard.look()
        break
      case 'stop':
        await this.#stop()
    }
    return undefined
  }

  async #backUp(id: number, to: string, settings: CopySettings): Promise<BackupResult> {
    const canceling = new AbortController()
    const { signal } = canceling
    let finish: () => void = () => undefined
    const finished = new Promise<void>((resolve) => {
      finish = resolve
      // The other end may be gone and never send `finish`.
      signal.addEventListener('abort', () => resolve())
    })
    if (this.#isStopped) canceling.abort()
    const made = backUp(
      this.#connection,
      to,
      { ...settings, signal, onProgress: (progress) => this.#send({ id, progress }) },
      async (partial) => {
        const result = await this.#tasks.seal(partial)
        this.#send({ id, isSealed: true })
        await finished
        return result
      },
    )
    this.#backups.set(id, { canceling, made, finish })
    try {
      return await made
    } finally {
      this.#backups.delete(id)
    }
  }

  async #stop(): Promise<void> {
    this.#isStopped = true
    // What is lost since the last look must be saved before the connection is closed.
    this.#guard.look()
    const backups = [...this.#backups.values()]
    for (const { canceling } of backups) canceling.abort()
    await Promise.allSettled([...backups.map(({ made }) => made), this.#rescuing])
  }

  #send(reply: HousekeepingReply): void {
    this.#port.postMessage(reply)
  }
}
