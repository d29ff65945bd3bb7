import type { Endpoint } from '../endpoint/endpoint.ts'
import type { OwnerActivity } from '../messages/protocol.ts'
import { ServerThread } from './handoff-server.ts'
import { LaunchQueue, type TakeLaunch } from './launch-queue.ts'
import type { Errand, ErrandResult } from './thread-messages.ts'

export interface HandoffServer {
  /** Tells contenders what the owner is doing. From `ready` on launches are delivered. */
  publish(activity: OwnerActivity): void
  /** The lock is lost, so the socket file may be another owner's: it is neither made anew nor removed from now on. */
  leaveSocketFile(): void
  /** Tells whoever waits that the owner quits, stops listening and removes the endpoint. Doing it twice is once. */
  close(): Promise<void>
}

export interface HandoffServerOptions {
  readonly endpoint: Endpoint
  /** Requests without it are refused. */
  readonly token: string
  /** What the owner tells about itself. */
  readonly owner?: { readonly app?: string | undefined; readonly version?: string | undefined }
  /** Does what a launch asks for and tells what became of it. Called for one launch after another, in order. */
  readonly onLaunch: TakeLaunch
  /** Whether the app agrees to quit, which it then does by itself. Default: it does not. */
  readonly onQuitRequest?: (() => boolean | Promise<boolean>) | undefined
  /** Called for each launch that arrives before the owner is ready, and that waits for it. */
  readonly onLaunchWaits?: () => void
  /** The server's thread has died for good: nobody listens at the endpoint any more. */
  readonly onEnd?: (error: unknown) => void
}

/**
 * Starts to listen for contenders, in a worker thread, so that they get an answer while this thread is blocked.
 * Returns before it listens: that takes up to 150 ms, for which contenders try again.
 *
 * @throws {ThreadFileMissingError} when a bundler has left the thread's code out.
 */
export function startHandoffServer(options: HandoffServerOptions): HandoffServer {
  const queue = new LaunchQueue(options.onLaunch)
  let leavesSocketFile = false
  let isReady = false
  const thread = new ServerThread(options, async (errand) => {
    try {
      if (errand.type === 'launch' && !isReady) options.onLaunchWaits?.()
      return await run(errand, queue, options)
    } catch (error) {
      return { type: 'refused', code: 'failed', reason: reasonOf(error) }
    }
  })
  return {
    publish(activity) {
      thread.publish(activity)
      isReady = activity.state === 'ready'
      if (isReady) queue.open()
      if (activity.state === 'quitting') queue.close()
    },
    leaveSocketFile() {
      leavesSocketFile = true
      thread.leaveSocketFile()
    },
    async close() {
      await thread.close()
      if (!leavesSocketFile) options.endpoint.remove()
    },
  }
}

async function run(errand: Errand, queue: LaunchQueue, options: HandoffServerOptions): Promise<ErrandResult> {
  if (errand.type === 'quit') {
    if (await options.onQuitRequest?.()) return { type: 'agreed' }
    return { type: 'refused', code: 'declined', reason: 'it would rather not quit now' }
  }
  return { type: 'launched', outcome: await queue.add(errand.launch) }
}

// A reason travels in one message, and is read by people.
const longestReason = 1_000

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, longestReason)
}
