import type { LockOptions } from '../lock/data-dir-lock.ts'

/** The options of the lock that a holder takes. */
export type HolderLock = Pick<LockOptions, 'dir' | 'name' | 'app' | 'version'>

/** An order of the test to a process of the kit. Each order has one report, with the same number. */
export interface Request {
  readonly id: number
  readonly order: Order
}

/** The answer of the process. */
export interface Answer {
  readonly id: number
  readonly report: Report
}

/** The descriptor, in each process, of a pipe whose other end is in the test. */
export const lifeline = 4

/** The number of a process's first report, which has no order. */
export const readyId = 0

export type Order =
  | {
      readonly type: 'acquire'
      readonly lock: HolderLock
      /** When to try, in nanoseconds of the monotonic clock that all processes of a machine share. Default: at once. */
      readonly at?: string | undefined
    }
  | { readonly type: 'start-child' }
  | { readonly type: 'release' }

/** `ready` comes once, without an order, when the process can take orders. */
export type Report =
  | { readonly type: 'ready' }
  | { readonly type: 'held'; readonly dir: string; readonly name: string }
  | ({ readonly type: 'refused' } & Refusal)
  | { readonly type: 'child'; readonly pid: number }
  | { readonly type: 'released' }

/** Why a process did not get the lock. */
export interface Refusal {
  /** The error's code: `ERR_DATADIR_LOCKED` if another process has the lock. */
  readonly code: string
  /** The error's message. */
  readonly message: string
  /** The process id of the owner that the error names. It is left out if the error names none. */
  readonly ownerPid?: number
}
