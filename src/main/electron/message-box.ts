import { dialog, type MessageBoxOptions } from 'electron'

// Far below what a person notices, and nothing for a process that does nothing else.
const wakeMilliseconds = 50

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
    return (await dialog.showMessageBox(options)).response
  } finally {
    clearInterval(waking)
  }
}
