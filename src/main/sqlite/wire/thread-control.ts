const RUNNING_REQUEST = 0
const HITS = 1
const MISSES = 2
const SKIPPED_AFTER = 3
const SKIPPED_UNTIL = 4
const FIRST_SLOT = 8
const SLOTS = 256

const PENDING = 0
const STARTED = 1
const COMMITTING = 2
const ABORTED = 3

/** The result of an abort: the request had not started, was stopped before its commit, or is being committed. */
type AbortResult = 'not-run' | 'stopped' | 'too-late'

/**
 * Memory that the main thread and one database thread share, because a thread inside SQLite reads no messages. It has
 * the request that the thread runs, the state of each request that can be aborted, the requests that another thread
 * answers instead, and the counts of its statement cache.
 *
 * A slot belongs to one request from the time it is sent until it is answered. The thread moves the slot from pending
 * to started to committing. An abort moves it from pending or started to aborted. Each step is one atomic exchange, so
 * the main thread always gets a definite result of an abort.
 */
export class ThreadControl {
  readonly memory: SharedArrayBuffer
  readonly #cells: Int32Array
  readonly #free: number[] = []

  constructor(memory = new SharedArrayBuffer((FIRST_SLOT + SLOTS) * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory
    this.#cells = new Int32Array(memory)
    for (let slot = FIRST_SLOT + SLOTS - 1; slot >= FIRST_SLOT; slot--) this.#free.push(slot)
  }

  /** @returns undefined if every slot is in use. */
  takeSlot(): number | undefined {
    const slot = this.#free.pop()
    if (slot !== undefined) Atomics.store(this.#cells, slot, PENDING)
    return slot
  }

  giveBackSlot(slot: number): void {
    this.#free.push(slot)
  }

  /** For the main thread. A second abort of the same request is 'stopped'. */
  abort(slot: number): AbortResult {
    if (this.#move(slot, PENDING, ABORTED)) return 'not-run'
    if (this.#move(slot, STARTED, ABORTED)) return 'stopped'
    return Atomics.load(this.#cells, slot) === ABORTED ? 'stopped' : 'too-late'
  }

  /** For the database thread. @returns false when the request was aborted before. */
  start(slot: number): boolean {
    return slot < 0 || this.#move(slot, PENDING, STARTED)
  }

  isAborted(slot: number): boolean {
    return slot >= 0 && Atomics.load(this.#cells, slot) === ABORTED
  }

  /** For the database thread. @returns false if the request was aborted before; the caller must then roll back. */
  mayCommit(slot: number): boolean {
    return slot < 0 || this.#move(slot, STARTED, COMMITTING)
  }

  #move(slot: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#cells, slot, from, to) === from
  }

  /** The sequence number of the request that the thread runs; 0 for none. */
  get running(): number {
    return Atomics.load(this.#cells, RUNNING_REQUEST)
  }

  set running(id: number) {
    Atomics.store(this.#cells, RUNNING_REQUEST, id)
  }

  /** For the main thread: the thread skips the requests after one and until another, with their sequence numbers. */
  skip(after: number, until: number): void {
    // In this order, so that a thread that reads one new number and one old one skips nothing else.
    Atomics.store(this.#cells, SKIPPED_AFTER, after)
    Atomics.store(this.#cells, SKIPPED_UNTIL, until)
  }

  /** For the database thread. */
  isSkipped(id: number): boolean {
    return id <= Atomics.load(this.#cells, SKIPPED_UNTIL) && id > Atomics.load(this.#cells, SKIPPED_AFTER)
  }

  countStatement(isCached: boolean): void {
    Atomics.add(this.#cells, isCached ? HITS : MISSES, 1)
  }

  get statementCache(): { hits: number; misses: number } {
    return { hits: Atomics.load(this.#cells, HITS), misses: Atomics.load(this.#cells, MISSES) }
  }
}
