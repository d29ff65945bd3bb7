import { Worker } from 'node:worker_threads'
import { threadFile } from '../../runtime/thread-file.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { Deferred } from '../messages/deferred.ts'
import type { OwnerActivity } from '../messages/protocol.ts'
import { Heartbeat, heartbeatMilliseconds } from './heartbeat.ts'
import type { Errand, ErrandResult, MainMessage, ThreadMessage, ThreadStart } from './thread-messages.ts'
import { takeErrand } from './thread-messages.ts'

export interface ServerThreadOptions {
  readonly endpoint: Endpoint
  readonly token: string
  readonly owner?: { readonly app?: string | undefined; readonly version?: string | undefined }
  readonly onEnd?: (error: unknown) => void
}

// 64 callers with 64 KiB each need a tenth of it.
const threadMegabytes = 64
/** How long callers may take to fetch their last answers before they are hung up on. */
const closeMilliseconds = 500
/** How often a thread that dies is started anew, if it dies soon each time. */
const restartLimit = 5
const restartPause = 100
/** A thread that has lived this long, in milliseconds, counts as healthy again. */
const healthyMilliseconds = 60_000

/** The main thread's side of the server thread: keeps it running, and does its errands. */
export class ServerThread {
  readonly #options: ServerThreadOptions
  readonly #run: (errand: Errand) => Promise<ErrandResult>
  readonly #heartbeat = new Heartbeat()
  readonly #beatTimer: NodeJS.Timeout
  #activity: OwnerActivity = { state: 'starting' }
  #worker: Worker
  #restarts = 0
  #leavesSocketFile = false
  #restarting: NodeJS.Timeout | undefined
  #closed: Promise<void> | undefined

  constructor(options: ServerThreadOptions, run: (errand: Errand) => Promise<ErrandResult>) {
    this.#options = options
    this.#run = run
    this.#heartbeat.mark()
    this.#worker = this.#start()
    this.#beatTimer = setInterval(() => this.#heartbeat.mark(), heartbeatMilliseconds).unref()
  }

  publish(activity: OwnerActivity): void {
    this.#activity = activity
    this.#post({ type: 'activity', activity })
  }

  /** From now on nothing is done to the socket file: a thread that dies is not started again either. */
  leaveSocketFile(): void {
    this.#leavesSocketFile = true
    this.#post({ type: 'leave-socket-file' })
  }

  /** A thread that has died takes no messages, and has nobody left to answer. */
  #post(message: MainMessage): void {
    this.#worker.postMessage(message)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    clearInterval(this.#beatTimer)
    clearTimeout(this.#restarting)
    const worker = this.#worker
    // threadId is -1 once the thread has ended.
    if (worker.threadId === -1) return
    worker.ref()
    const timer = setTimeout(() => void worker.terminate(), closeMilliseconds)
    const ended = new Deferred<number>()
    // A thread that fails on its way has ended as well.
    worker.once('exit', ended.resolve)
    worker.postMessage({ type: 'close' } satisfies MainMessage)
    await ended.promise
    clearTimeout(timer)
  }

  #start(): Worker {
    const { endpoint, token, owner } = this.#options
    const start: ThreadStart = {
      path: endpoint.path,
      ...(endpoint.folder !== undefined && { folder: endpoint.folder }),
      token,
      owner: {
        pid: process.pid,
        ...(owner?.app && { app: owner.app }),
        ...(owner?.version && { version: owner.version }),
      },
      activity: this.#activity,
      heartbeat: this.#heartbeat.shared,
    }
    const worker = new Worker(threadFile(new URL('./handoff-thread.js', import.meta.url)), {
      name: 'electron-datadir hand-off',
      workerData: start,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: threadMegabytes },
    })
    const began = performance.now()
    let failure: unknown
    worker.on('message', (message: ThreadMessage) => void this.#answer(worker, message))
    worker.on('error', (error) => {
      failure = error
    })
    worker.on('exit', () => this.#restart(performance.now() - began, failure))
    // Answering contenders is no reason to keep a process alive.
    worker.unref()
    return worker
  }

  #restart(lived: number, failure: unknown): void {
    if (this.#closed || this.#leavesSocketFile) return
    this.#removeSocket()
    if (lived > healthyMilliseconds) this.#restarts = 0
    if (this.#restarts >= restartLimit) {
      this.#options.onEnd?.(failure)
      return
    }
    const wait = restartPause * 2 ** this.#restarts++
    this.#restarting = setTimeout(() => this.#startAnew(), wait).unref()
  }

  /** A contender waits longer where the socket is missing than where nobody listens. */
  #removeSocket(): void {
    try {
      this.#options.endpoint.removeSocket()
    } catch {
      // What cannot be removed cannot be replaced either, and that ends the next thread.
    }
  }

  #startAnew(): void {
    try {
      this.#worker = this.#start()
    } catch (error) {
      // Its code is not there any more, after an update for instance.
      this.#options.onEnd?.(error)
    }
  }

  async #answer(worker: Worker, message: ThreadMessage): Promise<void> {
    this.#heartbeat.mark()
    const reply = (message: MainMessage) => worker.postMessage(message)
    if (message.type === 'ping') return reply({ type: 'pong' })
    const { number, errand, fate } = message
    if (!takeErrand(fate)) return reply({ type: 'dropped', number })
    reply({ type: 'settled', number, result: await this.#run(errand) })
  }
}
