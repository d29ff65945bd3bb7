import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { DataDirError } from '../../../shared/data-dir-error.ts'
import { DatabaseOpenError } from '../errors/open-errors.ts'
import { sqliteThreadFile } from '../thread/sqlite-thread-file.ts'
import { revived } from '../wire/carried-error.ts'
import type { Answer, MayOpen, Opened, Request, ThreadOptions } from '../wire/protocol.ts'
import { type LinkEvents, ThreadLink } from './thread-link.ts'

/** How many turns of the event loop are taken while an answer may be on its way. */
const impatientTurns = 6

/** How long the main thread looks for the answer to a short statement, in milliseconds: about as long as two turns. */
const longestLook = 0.03

/** After many looks in a row that found nothing, one of this many is done. */
const fewest = 64

/** For how many milliseconds looks may follow each other before the event loop turns. */
const longestRow = 1

/** The answer to a message with more requests takes longer. */
const fewRequests = 2

/** A connection in a thread of its own. */
export class WorkerLink extends ThreadLink {
  readonly opened: Promise<void>
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #look: ShortLook
  #isEnding = false
  #turnsLeft = 0

  /** @param mayOpen resolves when the connection may be opened, or to false when it never may. Default: at once. */
  constructor(
    options: Omit<ThreadOptions, 'control'>,
    heapLimitMb: number,
    events: LinkEvents,
    mayOpen?: Promise<MayOpen>,
  ) {
    super(options.role, events)
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.#look = new ShortLook(port1, longestLook)
    const housekeeping = this.housekeepingPort
    this.#worker = new Worker(sqliteThreadFile(), {
      name: `sqlite ${options.role}`,
      // The flags of the program are for its own code. `--input-type` prevents any other code from being loaded.
      execArgv: [],
      workerData: {
        ...options,
        control: this.control.memory,
        port: port2,
        housekeeping,
        waits: mayOpen !== undefined,
      },
      transferList: housekeeping ? [port2, housekeeping] : [port2],
      resourceLimits: { maxOldGenerationSizeMb: heapLimitMb },
      // Closing a database's descriptor drops the locks of every connection that this process has to it.
      trackUnmanagedFds: false,
    })
    this.opened = this.#waitForOpen(options.path)
    mayOpen?.then((message) => this.#port.postMessage(message))
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
      const take = (message: Opened) => {
        if (!message.opened) {
          // It has no open connection, so it does not matter how it ends.
          this.terminate().catch(() => undefined)
          const error = revived(message.error)
          reject(error instanceof DataDirError ? error : new DatabaseOpenError(path, error))
          return
        }
        this.#port.on('message', this.#receiveAll)
        if (this.load === 0) this.#port.unref()
        this.hasWal = message.hasWal
        this.fileId = message.fileId
        this.isOpen = true
        resolve()
      }
      this.#port.once('message', take)
      this.#worker.once('error', (error) => reject(new DatabaseOpenError(path, error)))
      this.#worker.once('exit', (code) => {
        // Its last message may not have been read yet. The last messages of an open connection are answers; `#drain`
        // reads those.
        const last = this.isOpen ? undefined : receiveMessageOnPort(this.#port)
        if (last) take(last.message)
        reject(new DatabaseOpenError(path, new Error(`the thread exited with code ${code}`)))
      })
    })
  }

  /** An event for each message takes long, so one event reads all messages that have arrived. */
  readonly #receiveAll = (answers: readonly Answer[]) => {
    this.receive(answers)
    this.#drain()
  }

  #drain(): void {
    for (let next = receiveMessageOnPort(this.#port); next; next = receiveMessageOnPort(this.#port)) {
      if (Array.isArray(next.message)) this.receive(next.message)
    }
  }

  protected post(requests: readonly Request[]): undefined {
    this.#port.postMessage(requests)
    // Other links may have requests to send in this tick too.
    if (requests.length === this.jobs.size && requests.length <= fewRequests)
      queueMicrotask(this.#lookBriefly)
    else this.#startLookingOut()
  }

  /** If a caller awaits each of its statements, its next one waits for this answer. */
  readonly #lookBriefly = () => {
    const answers = this.#look.next()
    if (answers) this.receive(answers as readonly Answer[])
    if (this.load > 0) this.#startLookingOut()
  }

  #startLookingOut(): void {
    if (this.#turnsLeft === 0) setImmediate(this.#lookOut)
    this.#turnsLeft = impatientTurns
  }

  /**
   * Electron's main thread sleeps outside of libuv, and another thread wakes it for a message. If the loop keeps
   * turning for a moment instead, a short query takes half the time. The window loses nothing: Electron does its own
   * work between two turns.
   */
  readonly #lookOut = () => {
    this.#drain()
    this.#turnsLeft--
    if (this.load === 0) this.#turnsLeft = 0
    else if (this.#turnsLeft > 0) setImmediate(this.#lookOut)
  }

  protected keepAlive(isWaiting: boolean): void {
    if (isWaiting) this.#port.ref()
    else this.#port.unref()
  }

  async terminate(): Promise<void> {
    this.#isEnding = true
    // If a thread is ended while it loads its native module, the whole process ends.
    await this.opened.catch(() => undefined)
    await this.#worker.terminate()
  }
}

/**
 * Looks for the next message for a moment, without sleeping. A turn of Electron's event loop takes longer than a short
 * statement.
 *
 * - A look that finds nothing takes processor time that the other thread may need to send the message. So the more looks
 *   in a row find nothing, the more of the next ones are skipped.
 * - A loop that awaits one message after the other would never leave the microtask queue if each look found the message.
 *   So after some time, no look is done until the event loop has turned.
 */
export class ShortLook {
  readonly #port: MessagePort
  readonly #longest: number
  #period = 1
  #skipped = 0
  /** When the first look after the last turn of the event loop was done. */
  #rowStarted: number | undefined

  /** @param longest in milliseconds. */
  constructor(port: MessagePort, longest: number) {
    this.#port = port
    this.#longest = longest
  }

  /** @returns the next message; undefined if none came in time, or if this look is skipped. */
  next(): unknown {
    if (++this.#skipped < this.#period) return undefined
    const started = performance.now()
    if (this.#rowStarted === undefined) {
      this.#rowStarted = started
      setImmediate(this.#endRow)
    } else if (started - this.#rowStarted > longestRow) return undefined
    this.#skipped = 0
    do {
      const received = receiveMessageOnPort(this.#port)
      if (received) {
        this.#period = 1
        return received.message
      }
    } while (performance.now() - started < this.#longest)
    this.#period = Math.min(this.#period * 2, fewest)
    return undefined
  }

  readonly #endRow = () => {
    this.#rowStarted = undefined
  }
}
