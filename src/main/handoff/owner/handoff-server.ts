import { Worker } from 'node:worker_threads'
import { attempt } from '../../../shared/attempt.ts'
import { Deferred } from '../../../shared/deferred.ts'
import { threadFile } from '../../runtime/thread-file.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { OwnerActivity } from '../messages/protocol.ts'
import type { TakeLaunch } from './launch-queue.ts'
import {
  type LaunchAnswer,
  type MainMessage,
  type ThreadMessage,
  type ThreadStart,
  tryTake,
} from './thread-messages.ts'

export interface HandoffServerOptions {
  readonly endpoint: Endpoint
  /** Requests without this token are refused. */
  readonly token: string
  /** What the owner says about itself. */
  readonly owner?: { readonly app?: string | undefined; readonly version?: string | undefined }
  /** Handles a launch of another process. */
  readonly onLaunch: TakeLaunch
  /**
   * Aborts when the lock is lost. The socket file may belong to another owner then: it is neither created again nor
   * removed.
   */
  readonly lockLost?: AbortSignal
  /** Contenders reach the server from now on. Called again when the thread had to be started again. */
  readonly onListening?: () => void
  /** The hand-off thread has died and is not started again: nobody listens at the endpoint any more. */
  readonly onEnd?: (error: unknown) => void
}

// The requests on their way and the launches that wait need a third of it: 12 MiB and 8 MiB.
const threadMegabytes = 64
/** What the thread may have for new objects, in MiB. Otherwise it keeps up to 12 MiB more after many requests. */
const newObjectMegabytes = 1
/** How long contenders may take to receive their last replies, in milliseconds. Then they are hung up on. */
const closeMilliseconds = 500
/** How often a thread that dies soon after its start is started again. */
const restartLimit = 5
const restartPause = 100
/** A thread that has lived this long, in milliseconds, counts as healthy again. */
const healthyMilliseconds = 60_000
// A reason travels in one message, and people read it.
const longestReason = 1_000

/**
 * The code of the hand-off thread.
 *
 * @throws {ThreadFileMissingError} when a bundler has left it out.
 */
export function handoffThreadFile(): URL {
  return threadFile(new URL('./handoff-thread.js', import.meta.url))
}

/**
 * The main thread's side of the hand-off: starts the hand-off thread and keeps it running, so that contenders get an
 * answer while the main thread is blocked, and passes launches to the app.
 */
export class HandoffServer {
  readonly #options: HandoffServerOptions
  #activity: OwnerActivity = { state: 'starting' }
  #worker: Worker
  #restarts = 0
  #restartTimer: NodeJS.Timeout | undefined
  #closed: Promise<void> | undefined

  /**
   * Returns before the thread listens: that takes up to 150 ms, in which contenders try again.
   *
   * @throws {ThreadFileMissingError} when a bundler has left out the thread's code.
   */
  constructor(options: HandoffServerOptions) {
    this.#options = options
    this.#worker = this.#start()
    options.lockLost?.addEventListener('abort', this.#leaveSocketFile)
    if (options.lockLost?.aborted) this.#leaveSocketFile()
  }

  /** Tells contenders what the owner is doing. */
  publish(activity: OwnerActivity): void {
    this.#activity = activity
    this.#post({ type: 'activity', activity })
  }

  /** Answers contenders that wait with the owner's state `quitting`, stops listening and removes the endpoint. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  readonly #leaveSocketFile = () => this.#post({ type: 'leave-socket-file' })

  /** A thread that has died ignores messages. It has nobody left to answer. */
  #post(message: MainMessage): void {
    this.#worker.postMessage(message)
  }

  async #close(): Promise<void> {
    const { endpoint, lockLost } = this.#options
    clearTimeout(this.#restartTimer)
    await this.#endThread()
    // The lock may have other references, and outlive this server.
    lockLost?.removeEventListener('abort', this.#leaveSocketFile)
    if (!lockLost?.aborted) endpoint.remove()
  }

  async #endThread(): Promise<void> {
    const worker = this.#worker
    // threadId is -1 once the thread has ended.
    if (worker.threadId === -1) return
    worker.ref()
    const timer = setTimeout(() => void worker.terminate(), closeMilliseconds)
    const ended = new Deferred<number>()
    // A thread that fails meanwhile has ended as well.
    worker.once('exit', ended.resolve)
    this.#post({ type: 'close' })
    await ended.promise
    clearTimeout(timer)
  }

  #start(): Worker {
    const { endpoint, token, owner } = this.#options
    const { path, folder } = endpoint
    const start: ThreadStart = {
      path,
      folder,
      token,
      owner: { pid: process.pid, ...owner },
      activity: this.#activity,
    }
    const worker = new Worker(handoffThreadFile(), {
      name: 'electron-datadir hand-off',
      workerData: start,
      execArgv: [],
      resourceLimits: {
        maxOldGenerationSizeMb: threadMegabytes,
        maxYoungGenerationSizeMb: newObjectMegabytes,
      },
    })
    const began = performance.now()
    let failure: unknown
    worker.on('message', (message: ThreadMessage) => void this.#receive(worker, message))
    worker.on('error', (error) => {
      failure = error
    })
    worker.on('exit', () => this.#restart(performance.now() - began, failure))
    // The thread alone does not keep the process alive.
    worker.unref()
    return worker
  }

  #restart(lived: number, failure: unknown): void {
    if (this.#closed || this.#options.lockLost?.aborted) return
    // A contender waits longer for a socket that is missing than for one without a listener. If it cannot be removed, the next
    // thread cannot replace it either, and ends.
    attempt(() => this.#options.endpoint.removeSocket())
    if (lived > healthyMilliseconds) this.#restarts = 0
    if (this.#restarts >= restartLimit) {
      this.#options.onEnd?.(failure)
      return
    }
    const wait = restartPause * 2 ** this.#restarts++
    this.#restartTimer = setTimeout(() => {
      try {
        this.#worker = this.#start()
      } catch (error) {
        // Its code is missing now, for example after an update.
        this.#options.onEnd?.(error)
      }
    }, wait).unref()
  }

  async #receive(worker: Worker, message: ThreadMessage): Promise<void> {
    const reply = (message: MainMessage) => worker.postMessage(message)
    if (message.type === 'listening') return this.#options.onListening?.()
    if (message.type === 'ping') return reply({ type: 'pong' })
    const { number, launch, state } = message
    if (!tryTake(state)) return reply({ type: 'done', number })
    let answer: LaunchAnswer
    try {
      answer = { type: 'launched', outcome: await this.#options.onLaunch(launch) }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      answer = { type: 'refused', code: 'failed', reason: reason.slice(0, longestReason) }
    }
    reply({ type: 'done', number, answer })
  }
}
