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
