import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { threadFile } from '../threads/thread-file.ts'
import { HousekeepingClient } from './housekeeping-client.ts'
import { openErrorOf } from './open-connection.ts'
import type { Answer, Opened, Request, ThreadOptions } from './protocol.ts'
import type { ThreadControl } from './thread-control.ts'
import { type LinkEvents, ThreadLink } from './thread-link.ts'

/** A connection in a thread of its own. */
export class WorkerLink extends ThreadLink {
  readonly opened: Promise<void>
  readonly housekeeping: HousekeepingClient | undefined
  readonly #worker: Worker
  readonly #port: MessagePort
  #isEnding = false

  constructor(
    options: Omit<ThreadOptions, 'control'>,
    control: ThreadControl,
    heapLimitMb: number,
    events: LinkEvents,
  ) {
    super(options.role, control, events)
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    const forHousekeeping = options.role === 'writer' ? new MessageChannel() : undefined
    this.housekeeping =
      forHousekeeping && new HousekeepingClient(forHousekeeping.port1, (log) => events.onPinnedLog(log))
    this.#worker = new Worker(threadFile(new URL('./sqlite-thread.js', import.meta.url)), {
      name: `sqlite ${options.role}`,
      workerData: { ...options, control: control.memory, port: port2, housekeeping: forHousekeeping?.port2 },
      transferList: forHousekeeping ? [port2, forHousekeeping.port2] : [port2],
      resourceLimits: { maxOldGenerationSizeMb: heapLimitMb },
    })
    this.opened = this.#waitForOpen(options.path)
    let reason: unknown
    this.#worker.on('error', (error) => {
      reason = error
    })
    this.#worker.on('exit', (code) => {
      this.#drain()
      this.#port.close()
      if (!this.#isEnding) this.lose(reason ?? new Error(`it exited with code ${code}`))
    })
    this.#worker.unref()
  }

  #waitForOpen(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      let isSettled = false
      const settle = (message: Opened) => {
        isSettled = true
        if (message.opened) {
          this.#port.on('message', this.#receiveAll)
          if (this.load === 0) this.#port.unref()
          this.isOpen = true
          resolve()
          return
        }
        this.#isEnding = true
        reject(openErrorOf(message.failure, path))
      }
      this.#port.once('message', settle)
      this.#worker.once('error', reject)
      this.#worker.once('exit', (code) => {
        if (isSettled) return
        // The news of its end may overtake what it said last.
        const last = receiveMessageOnPort(this.#port)
        if (last) settle(last.message)
        else reject(new Error(`the thread exited with code ${code}`))
      })
    })
  }

  /** One event for each message is dear; what has come meanwhile is taken along. */
  readonly #receiveAll = (answers: readonly Answer[]) => {
    this.receive(answers)
    this.#drain()
  }

  #drain(): void {
    for (let next = receiveMessageOnPort(this.#port); next; next = receiveMessageOnPort(this.#port)) {
      if (Array.isArray(next.message)) this.receive(next.message)
    }
  }

  protected post(requests: readonly Request[]): void {
    this.#port.postMessage(requests)
  }

  protected keepAlive(isWaiting: boolean): void {
    if (isWaiting) this.#port.ref()
    else this.#port.unref()
  }

  async terminate(): Promise<void> {
    this.#isEnding = true
    await this.#worker.terminate()
  }
}
