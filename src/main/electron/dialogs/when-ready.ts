import { app } from 'electron'

/** How many seconds Electron may take to become ready before the reason is explained. */
const patience = 5

let isExplained = false

/**
 * Waits until Electron is ready. If that takes longer than 5 s, the likely reason is written to stderr once, because
 * this process cannot show anything else.
 *
 * @param product the app's name.
 */
export async function whenReady(product: string): Promise<void> {
  // Only seconds in which this thread was free: while the app blocks the thread, Electron cannot become ready.
  let seconds = 0
  const timer = setInterval(() => {
    seconds++
    if (isExplained || seconds < patience) return
    isExplained = true
    console.error(
      `${product}: Electron is not ready after ${patience} s, so no window and no dialog can appear. Electron becomes ready only after the main module has run. If that module has an await at its top level that waits for claimDataDir(), for a dialog or for a window, this process waits forever. To repair it, remove that await, and use claimDataDir().then(…) or an async function.`,
    )
  }, 1_000)
  try {
    await app.whenReady()
  } finally {
    clearInterval(timer)
  }
}
