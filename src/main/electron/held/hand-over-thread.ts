// A worker thread that hands launches over and ends.
import { type MessagePort, workerData } from 'node:worker_threads'
import type { Reachable } from '../../handoff/contender/client.ts'
import { handOverAll } from '../../handoff/contender/client.ts'
import type { Launch, LaunchReply } from '../../handoff/messages/protocol.ts'

export interface HandOverTask {
  readonly owner: Reachable
  readonly launches: [Launch, ...Launch[]]
  /** In milliseconds. */
  readonly patience: number
  /** Notified when there is an answer, or none. */
  readonly done: Int32Array
  readonly answer: MessagePort
}

const { owner, launches, patience, done, answer } = workerData as HandOverTask

function finish(reply: LaunchReply | undefined): void {
  if (reply) answer.postMessage(reply)
  answer.close()
  Atomics.store(done, 0, 1)
  Atomics.notify(done, 0)
}

// Why it failed is found out by whoever tries again.
handOverAll(owner, launches, { patience }).then(finish, () => finish(undefined))
