import type { Launch, LaunchOutcome, OwnerActivity, OwnerStatus, Refusal } from '../messages/protocol.ts'

/** What the hand-off thread is started with. */
export interface ThreadStart {
  readonly path: string
  /** A folder that contains only sockets, if the socket is in one. */
  readonly folder: string | undefined
  readonly token: string
  readonly owner: Pick<OwnerStatus, 'pid' | 'app' | 'version'>
  readonly activity: OwnerActivity
}

/** The app's answer to a launch. */
export type LaunchAnswer =
  | { readonly type: 'launched'; readonly outcome: LaunchOutcome }
  | Pick<Refusal, 'type' | 'code' | 'reason'>

/** From the hand-off thread to the main thread. */
export type ThreadMessage =
  | { readonly type: 'listening' }
  | { readonly type: 'ping' }
  | {
      readonly type: 'launch'
      readonly number: number
      readonly launch: Launch
      /** See {@link newLaunchState}. */
      readonly state: SharedArrayBuffer
    }

/** From the main thread to the hand-off thread. */
export type MainMessage =
  | { readonly type: 'pong' }
  /** The main thread is done with a launch. There is no answer to one that was withdrawn. */
  | { readonly type: 'done'; readonly number: number; readonly answer?: LaunchAnswer }
  | { readonly type: 'activity'; readonly activity: OwnerActivity }
  /** The lock is lost: the file at the endpoint's path may belong to another owner. */
  | { readonly type: 'leave-socket-file' }
  | { readonly type: 'close' }

const waiting = 0
const taken = 1
const withdrawn = 2

/**
 * The state of a launch on its way from the hand-off thread to the main thread. Both threads may change it once, and the
 * first change is final. So a launch that was withdrawn in the queue of a blocked main thread is never delivered, and a
 * launch that was taken cannot be withdrawn.
 */
export function newLaunchState(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
}

/** @returns whether the main thread has the launch now. If not, it was withdrawn. */
export function tryTake(state: SharedArrayBuffer): boolean {
  return Atomics.compareExchange(new Int32Array(state), 0, waiting, taken) === waiting
}

/** @returns whether the launch is not delivered. If not, the main thread has taken it. */
export function tryWithdraw(state: SharedArrayBuffer): boolean {
  return Atomics.compareExchange(new Int32Array(state), 0, waiting, withdrawn) === waiting
}
