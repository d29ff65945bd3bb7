import { app, dialog, type MessageBoxOptions } from 'electron'

// Far below what a person notices, and nothing for a process that does nothing else.
const wakeMilliseconds = 50

const shown = new Set<() => void>()

/**
 * Brings the message boxes of this process to the front. There is no call for a box without a window, so it
 * is closed and shown again: a window manager puts a new window in front, if it puts any window there.
 */
export function raiseMessageBoxes(): void {
  // On macOS, such a box cannot be closed, and activating the app is enough.
  if (process.platform === 'darwin') app.focus({ steal: true })
  else for (const raise of shown) raise()
}

/**
 * Shows a native message box before there is any window.
 *
 * On Linux such a box may answer a key or a click only when something else wakes the main loop: 26 s later was
 * seen with Electron 33.2.1 on X11, in an app of eight lines too. A timer wakes it as long as the box is up.
 *
 * @returns the index of the button that was pressed.
 */
export async function showMessageBox(options: MessageBoxOptions): Promise<number> {
  const waking = setInterval(() => undefined, wakeMilliseconds)
  try {
    for (;;) {
      const response = await showOnce(options)
      if (response !== 'raised') return response
    }
  } finally {
    clearInterval(waking)
  }
}

async function showOnce(options: MessageBoxOptions): Promise<number | 'raised'> {
  const closing = new AbortController()
  const close = () => closing.abort()
  shown.add(close)
  options.signal?.addEventListener('abort', close)
  if (options.signal?.aborted) close()
  try {
    const { response } = await dialog.showMessageBox({ ...options, signal: closing.signal })
    // A box that is closed answers as if it was canceled; any other answer is a button that was pressed just before.
    const isCanceled = response === (options.cancelId ?? 0)
    return isCanceled && closing.signal.aborted && !options.signal?.aborted ? 'raised' : response
  } finally {
    options.signal?.removeEventListener('abort', close)
    shown.delete(close)
  }
}
