import type { LockOptions } from '../lock/data-dir-lock.ts'

/** What a holder takes the lock with. */
export type HolderLock = Pick<LockOptions, 'dir' | 'name' | 'app' | 'version'>

/** What a test asks a process of the kit to do. Each order has one report, with the same number. */
export interface Request {
  readonly id: number
  readonly order: Order
}

/** What the process says. */
export interface Answer {
  readonly id: number
  readonly report: Report
}

/** The descriptor of a pipe in each process whose other end the test has. */
export const lifeline = 4

/** The number of a process's first report, which nobody asked for. */
export const readyId = 0

export type Order =
  | {
      readonly type: 'acquire'
      readonly lock: HolderLock
      /** When to try, in nanoseconds of the monotonic clock that all processes of a machine share; else at once. */
      readonly at?: string
    }
  | { readonly type: 'start-child' }
  | { readonly type: 'release' }

/** `ready` comes once, unasked, when the process can take orders. */
export type Report =
  | { readonly type: 'ready' }
  | { readonly type: 'held'; readonly dir: string; readonly name: string }
  | ({ readonly type: 'refused' } & Refusal)
  | { readonly type: 'child'; readonly pid: number }
  | { readonly type: 'released' }

/** Why a process did not get the lock. */
export interface Refusal {
  /** The error's code: `ERR_DATADIR_LOCKED` where somebody else has it. */
  readonly code: string
  /** The error's message. */
  readonly message: string
  /** The process id of whom the error names as owner; left out where it names nobody. */
  readonly ownerPid?: number
}
