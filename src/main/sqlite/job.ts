import type { Answer, Request } from './protocol.ts'
import type { ThreadLink } from './thread-link.ts'

/** One request from when it is asked to when its promise is settled, wherever it is on that way. */
export interface Job {
  /** The statement, without its values; empty for requests that have none. */
  readonly sql: string
  /** A cell of control memory is wanted, so that it can be aborted while it runs. */
  readonly isAbortable: boolean
  /** Running it twice is as good as once: it only reads, outside any transaction. */
  readonly isRepeatable: boolean
  /** Its sequence number on its thread; 0 as long as it has not been sent. */
  id: number
  slot: number
  /** Nobody waits for it any more; its answer only tells that the thread is free again. */
  isGivenUp: boolean
  request(): Request
  /** The thread has answered. */
  settle(answer: Answer, link: ThreadLink): void
  /** There will be no answer. */
  fail(error: Error): void
}
