import { hrtime } from 'node:process'

/** Between two marks, in milliseconds. The lock is looked at as often, so this wakes the process no more. */
export const beatMilliseconds = 1_000

/**
 * The main thread's last sign of life, where the server thread can read it while the main thread is blocked.
 *
 * The clock is that of `process.hrtime`: it is the same in all threads of a process, and stands still while the
 * computer sleeps.
 */
export class Beat {
  readonly shared: SharedArrayBuffer
  readonly #time: BigInt64Array

  constructor(shared = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)) {
    this.shared = shared
    this.#time = new BigInt64Array(shared)
  }

  /** Called by the main thread: it is alive. */
  mark(): void {
    Atomics.store(this.#time, 0, hrtime.bigint())
  }

  /** Milliseconds since the last mark. */
  get age(): number {
    return Math.max(0, Number((hrtime.bigint() - Atomics.load(this.#time, 0)) / 1_000_000n))
  }
}
