const neverChanged = new Int32Array(new SharedArrayBuffer(4))

/** Blocks this thread, for the short waits of synchronous work. */
export function blockThread(milliseconds: number): void {
  Atomics.wait(neverChanged, 0, 0, milliseconds)
}
