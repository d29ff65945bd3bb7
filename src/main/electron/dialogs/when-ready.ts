import { app } from 'electron'

/** How long Electron may take to become ready before the reason is explained, in milliseconds. */
const patience = 5_000

let isExplained = false

/**
 * Waits until Electron is ready. If that takes longer than 5 s, the likely reason is written to stderr once: nothing of this
 * process is visible then.
 *
 * @param product the app's name.
 * @param what waits for it, for example “The dialog about its data directory”.
 */
export async function whenReady(product: string, what: string): Promise<void> {
  const timer = setTimeout(() => {
    if (isExplained) return
    isExplained = true
    console.error(
      `${product}: ${what} waits until Electron is ready, which takes longer than ${patience / 1_000} s. Electron becomes ready only after the main module has run. If the main module has an await at its top level that waits for claimDataDir(), for a dialog or for a window, this process waits for ever: remove that await, and use claimDataDir().then(…) or an async function.`,
    )
  }, patience)
  try {
    await app.whenReady()
  } finally {
    clearTimeout(timer)
  }
}
