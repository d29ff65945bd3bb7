const nobodyWakesThis = new Int32Array(new SharedArrayBuffer(4))

/** Stands still for so many milliseconds, and this thread with it: the lock is taken synchronously, waits included. */
export function blockThread(milliseconds: number): void {
  Atomics.wait(nobodyWakesThis, 0, 0, milliseconds)
}
