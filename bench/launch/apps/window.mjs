// @ts-check
import { join } from 'node:path'
import { BrowserWindow, ipcMain } from 'electron'

const page = `<title>launch</title><p id="text">A window.<script>
onload = async () => {
  document.getElementById('text').textContent = await launch.ask()
  launch.shown()
}
</script>`

/**
 * Opens the same window for both apps. Prints a line when it is painted, and when its page shows the answer of the main
 * process.
 * @param {() => Promise<string>} answer
 */
export function openWindow(answer) {
  ipcMain.handle('ask', answer)
  ipcMain.once('shown', () => process.stdout.write('answered\n'))
  const window = new BrowserWindow({
    width: 400,
    height: 240,
    show: false,
    webPreferences: { preload: join(import.meta.dirname, 'preload.cjs') },
  })
  window.once('ready-to-show', () => {
    window.show()
    process.stdout.write('painted\n')
  })
  void window.loadURL(`data:text/html,${encodeURIComponent(page)}`)
  return window
}
