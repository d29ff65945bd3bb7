import type { MessagePort } from 'node:worker_threads'
import type { Database } from 'better-sqlite3'
import { backUp, type CopySettings } from './backup.ts'
import { BackupFailedError } from './backup-errors.ts'
import type { BackupResult } from './backup-seal.ts'
import type { BackupTasks } from './backup-task.ts'
import { carried } from './carried-error.ts'
import { markForCheck } from './check-mark.ts'
import { isCorruption } from './corruption.ts'
import { fullCheck, quickCheck } from './damaged-check.ts'
import { Housekeeping, optimize } from './housekeeping.ts'
import type { HousekeepingCommand, HousekeepingReply, HousekeepingRequest } from './housekeeping-messages.ts'

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
  readonly #housekeeping: Housekeeping
  readonly #backups = new Map<number, RunningBackup>()
  #isStopped = false

  constructor(connection: Database, port: MessagePort, tasks: BackupTasks) {
    this.#connection = connection
    this.#port = port
    this.#tasks = tasks
    this.#housekeeping = new Housekeeping(connection, { onPinned: (pinned) => this.#send({ pinned }) })
    port.on('message', (request: HousekeepingRequest) => void this.#answer(request))
    port.unref()
  }

  /** To be called after each request the connection has served. */
  touch(): void {
    this.#housekeeping.touch()
  }

  /** To be called before the connection is closed; after `stop` no backup runs any more. */
  close(): void {
    this.#housekeeping.close()
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
    const backups = [...this.#backups.values()]
    for (const { canceling } of backups) canceling.abort()
    await Promise.allSettled(backups.map(({ made }) => made))
  }

  #send(reply: HousekeepingReply): void {
    this.#port.postMessage(reply)
  }
}
