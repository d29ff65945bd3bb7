// A worker thread that hands launches over and ends.
import { type MessagePort, workerData } from 'node:worker_threads'
import { handOverAll, type Reachable } from '../../handoff/client.ts'
import { HandoffError } from '../../handoff/messages/errors.ts'
import type { Launch, LaunchReply } from '../../handoff/messages/protocol.ts'

/** How long the owner may take before it must say whether it has the launch, in milliseconds. */
const patience = 1_500

/** What the owner has replied, or why the launch cannot be sent to any owner. */
export type HandOverAnswer = LaunchReply | { readonly type: 'not-sent'; readonly reason: string }

export interface HandOverTask {
  readonly owner: Reachable
  readonly launches: [Launch, ...Launch[]]
  /** Notified when there is a reply, or an error. */
  readonly done: Int32Array
  readonly answer: MessagePort
}

const { owner, launches, done, answer } = workerData as HandOverTask

function finish(reply: HandOverAnswer | undefined): void {
  if (reply) answer.postMessage(reply)
  answer.close()
  Atomics.store(done, 0, 1)
  Atomics.notify(done, 0)
}

handOverAll(owner, launches, { patience }).then(finish, (error: unknown) => {
  const isTooBig = error instanceof HandoffError && error.failure === 'too-big'
  // The next attempt finds out the reason of any other failure.
  finish(isTooBig ? { type: 'not-sent', reason: error.message } : undefined)
})
