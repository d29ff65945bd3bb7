import type { Launch, LaunchOutcome, OwnerActivity, RefusalCode } from '../messages/protocol.ts'

/** What the server thread is started with. */
export interface ThreadStart {
  readonly path: string
  /** A folder for sockets alone, if the socket is in one. */
  readonly folder?: string
  readonly token: string
  readonly owner: { readonly pid: number; readonly app?: string; readonly version?: string }
  readonly activity: OwnerActivity
  /** Of a `Heartbeat`. */
  readonly heartbeat: SharedArrayBuffer
}

/** Something only the main thread can do. */
export type Errand = { readonly type: 'launch'; readonly launch: Launch } | { readonly type: 'quit' }

/** What came of an errand. */
export type ErrandResult =
  | { readonly type: 'launched'; readonly outcome: LaunchOutcome }
  | { readonly type: 'agreed' }
  | { readonly type: 'refused'; readonly code: RefusalCode; readonly reason: string }

/** From the server thread to the main thread. */
export type ThreadMessage =
  | { readonly type: 'ping' }
  | {
      readonly type: 'errand'
      readonly number: number
      readonly errand: Errand
      readonly fate: SharedArrayBuffer
    }

/** From the main thread to the server thread. */
export type MainMessage =
  | { readonly type: 'pong' }
  /** The main thread has come to an errand that was withdrawn. */
  | { readonly type: 'dropped'; readonly number: number }
  | { readonly type: 'settled'; readonly number: number; readonly result: ErrandResult }
  | { readonly type: 'activity'; readonly activity: OwnerActivity }
  /** The lock is lost: what is at the endpoint's path now may be another owner's. */
  | { readonly type: 'leave-socket-file' }
  | { readonly type: 'close' }

const open = 0
const taken = 1
const withdrawn = 2

/**
 * Whether an errand is still to be done. Two threads decide it, and whoever comes first has the say: a withdrawn
 * errand that lies in the queue of a blocked main thread is never done, and one that was taken cannot be withdrawn.
 */
export function newFate(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
}

/** @returns whether the errand is now in this thread's hands; if not, it was withdrawn. */
export function takeErrand(fate: SharedArrayBuffer): boolean {
  return Atomics.compareExchange(new Int32Array(fate), 0, open, taken) === open
}

/** @returns whether the errand will not be done; if not, it was taken. */
export function withdrawErrand(fate: SharedArrayBuffer): boolean {
  return Atomics.compareExchange(new Int32Array(fate), 0, open, withdrawn) === open
}
