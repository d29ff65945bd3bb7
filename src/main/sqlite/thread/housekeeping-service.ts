import type { MessagePort } from 'node:worker_threads'
import type { Database } from 'better-sqlite3'
import { backUp, type CopySettings, copyingOf } from '../backup/backup.ts'
import type { BackupResult } from '../backup/check-backup.ts'
import { fullCheck, quickCheck } from '../damage/find-damage.ts'
import { BackupFailedError } from '../errors/backup-errors.ts'
import { isCorruption } from '../errors/causes.ts'
import { markForCheck } from '../files/check-mark.ts'
import { openWithClone } from '../housekeeping/clone-database.ts'
import { FileGuard } from '../housekeeping/file-guard.ts'
import type { LostFile } from '../housekeeping/file-watch.ts'
import { Housekeeping, optimize } from '../housekeeping/housekeeping.ts'
import type {
  HousekeepingCommand,
  HousekeepingReply,
  HousekeepingRequest,
} from '../housekeeping/housekeeping-client.ts'
import type { Connector } from '../open/connector.ts'
import { type OpenWriter, openWriter } from '../open/open-writer.ts'
import type { FileTasks } from '../repair/file-tasks.ts'
import { carried } from '../wire/carried-error.ts'
import type { ThreadOptions } from '../wire/protocol.ts'

const indexDamage = { code: 'SQLITE_CORRUPT', message: 'a backup has a damaged index' }

interface RunningBackup {
  readonly canceling: AbortController
  readonly made: Promise<BackupResult>
  /** Lets the backup finish. */
  finish(): void
}

/** The thread's end of the housekeeping port: runs its commands on the connection that writes. */
export class HousekeepingService {
  readonly connection: Database
  readonly guard: FileGuard
  readonly housekeeping: Housekeeping
  readonly #port: MessagePort
  readonly #tasks: FileTasks
  readonly #connector: Connector
  readonly #backups = new Map<number, RunningBackup>()
  #rescuing: Promise<void> | undefined
  #isStopped = false
  /** Called when a file is no longer the one that was opened, before anything else is done about it. */
  onLost: () => void = () => undefined

  constructor(writer: OpenWriter, port: MessagePort, tasks: FileTasks, connector: Connector) {
    this.connection = writer.connection
    this.#connector = connector
    this.#port = port
    this.#tasks = tasks
    this.guard = new FileGuard(writer, (lost) => this.#lose(lost))
    this.housekeeping = new Housekeeping(writer.connection, {
      guard: this.guard,
      onPinned: (pinned) => this.#send({ pinned }),
    })
    port.on('message', (request: HousekeepingRequest) => void this.#answer(request))
    port.unref()
  }

  #lose(lost: LostFile): void {
    this.onLost()
    this.#send({ lost })
    const seal = (partial: string) => this.#tasks.seal(partial)
    const copying = { ...copyingOf(this.#connector), seal }
    this.#rescuing = this.guard.rescue(copying).then((rescued) => this.#send({ rescued }))
  }

  /** Call it before the connection is closed. After `stop` no backup runs any more. */
  close(): void {
    this.housekeeping.close()
    this.guard.stop()
    this.#port.close()
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
      if (result?.damage) markForCheck(this.connection.name, indexDamage)
      this.#send({ id, done: true, result })
    } catch (error) {
      const cause = error instanceof BackupFailedError ? error.cause : error
      if (isCorruption(cause)) markForCheck(this.connection.name, cause)
      this.#send({ id, error: carried(error) })
    }
  }

  async #run(id: number, command: HousekeepingCommand): Promise<BackupResult | undefined> {
    if (command.type === 'backup') return await this.#backUp(id, command.to, command.settings)
    const work = {
      optimize: () => optimize(this.connection),
      'quick-check': () => quickCheck(this.connection),
      'full-check': () => fullCheck(this.connection),
      look: () => this.guard.look(),
      stop: () => this.#stop(),
    }
    await work[command.type]()
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
      this.connection,
      to,
      { ...settings, signal, onProgress: (progress) => this.#send({ id, progress }) },
      {
        seal: async (partial) => {
          const result = await this.#tasks.seal(partial)
          this.#send({ id, isSealed: true })
          await finished
          return result
        },
        // On a separate connection, because the statement occupies its connection until it ends.
        ...(this.#connector.hasKey && {
          copy: (connection: Database, partial: string) =>
            this.#tasks.copyEncrypted(connection.name, partial, this.guard.fileId),
        }),
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
    this.guard.look()
    const backups = [...this.#backups.values()]
    for (const { canceling } of backups) canceling.abort()
    await Promise.allSettled([...backups.map(({ made }) => made), this.#rescuing])
  }

  #send(reply: HousekeepingReply): void {
    this.#port.postMessage(reply)
  }
}

/**
 * Opens the connection that writes, with its housekeeping.
 *
 * @param migrations the names of the migrations that the app has.
 * @param port the thread's end of the housekeeping port.
 * @param serve uses the connection. If it throws, the connection and its files are closed.
 * @throws everything that {@link openWriter} and `serve` throw.
 */
export function openWithHousekeeping<Served>(
  options: Omit<ThreadOptions, 'control'> & { readonly connector: Connector },
  migrations: readonly string[],
  port: MessagePort,
  tasks: FileTasks,
  serve: (service: HousekeepingService) => Served,
): Served {
  const writer = openWithClone(() => openWriter({ ...options, migrations }), migrations, options.cloneTo)
  let service: HousekeepingService | undefined
  try {
    service = new HousekeepingService(writer, port, tasks, options.connector)
    return serve(service)
  } catch (error) {
    service?.close()
    writer.connection.close()
    // If this writer replaces another, the readers still have the files open, and closing them would drop their locks.
    if (options.fileId === undefined) writer.files?.close()
    throw error
  }
}
