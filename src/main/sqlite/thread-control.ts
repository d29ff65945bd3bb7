const RUNNING = 0
const HITS = 1
const MISSES = 2
const FIRST_SLOT = 8
const SLOTS = 256

const PENDING = 0
const ABORTED = 1
const COMMITTING = 2

/**
 * Memory that the main thread and one database thread share, since a thread inside SQLite reads no messages: which
 * request it runs, whether that was aborted, and how well its statement cache does.
 *
 * A slot belongs to one request from when it is sent to when it is answered. The abort and the commit of a write
 * both want to change it, and only one of them can: so whoever aborts knows at once whether nothing will be written.
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

  /** undefined when more requests can be aborted at the same time than there are slots. */
  takeSlot(): number | undefined {
    const slot = this.#free.pop()
    if (slot !== undefined) Atomics.store(this.#cells, slot, PENDING)
    return slot
  }

  giveBackSlot(slot: number): void {
    this.#free.push(slot)
  }

  /** @returns false when it comes too late: the thread is committing. */
  abort(slot: number): boolean {
    return Atomics.compareExchange(this.#cells, slot, PENDING, ABORTED) !== COMMITTING
  }

  isAborted(slot: number): boolean {
    return slot >= 0 && Atomics.load(this.#cells, slot) === ABORTED
  }

  /** @returns false when the request was aborted before: roll back. */
  mayCommit(slot: number): boolean {
    return slot < 0 || Atomics.compareExchange(this.#cells, slot, PENDING, COMMITTING) === PENDING
  }

  /** The sequence number of the request the thread is busy with; 0 for none. */
  get running(): number {
    return Atomics.load(this.#cells, RUNNING)
  }

  set running(id: number) {
    Atomics.store(this.#cells, RUNNING, id)
  }

  countStatement(isCached: boolean): void {
    Atomics.add(this.#cells, isCached ? HITS : MISSES, 1)
  }

  get statementCache(): { hits: number; misses: number } {
    return { hits: Atomics.load(this.#cells, HITS), misses: Atomics.load(this.#cells, MISSES) }
  }
}
