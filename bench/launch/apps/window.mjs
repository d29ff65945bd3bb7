// @ts-check
import { BrowserWindow } from 'electron'

/** The same window for both apps; says on stdout when it is painted. */
export function openWindow() {
  const window = new BrowserWindow({ width: 400, height: 240, show: false })
  window.once('ready-to-show', () => {
    window.show()
    process.stdout.write('painted\n')
  })
  void window.loadURL('data:text/html,<title>launch</title><p>A window.')
  return window
}
