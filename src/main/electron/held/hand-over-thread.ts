// A worker thread that hands one launch over and ends.
import { type MessagePort, workerData } from 'node:worker_threads'
import { handOver } from '../../handoff/client.ts'
import type { Reachable } from '../../handoff/conversation.ts'
import type { Launch, LaunchReply } from '../../handoff/protocol.ts'

export interface HandOverTask {
  readonly owner: Reachable
  readonly launch: Launch
  /** In milliseconds. */
  readonly patience: number
  /** Notified when there is an answer, or none. */
  readonly done: Int32Array
  readonly answer: MessagePort
}

const { owner, launch, patience, done, answer } = workerData as HandOverTask

function finish(reply: LaunchReply | undefined): void {
  if (reply) answer.postMessage(reply)
  answer.close()
  Atomics.store(done, 0, 1)
  Atomics.notify(done, 0)
}

// Why it failed is found out by whoever tries again.
handOver(owner, launch, { patience }).then(finish, () => finish(undefined))
