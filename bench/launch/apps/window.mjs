// @ts-check
import { join } from 'node:path'
import { app, BrowserWindow, ipcMain } from 'electron'

// Before an app takes its lock. Electron ignores Chromium's switch --user-data-dir.
app.setPath('userData', process.env.LAUNCH_PROFILE ?? '')

const page = `<title>launch</title><p id="text">A window.<script>
onload = async () => {
  document.getElementById('text').textContent = await launch.ask()
  launch.shown()
}
</script>`

/**
 * Opens the same window for all apps. Prints a line when it is painted, and when its page shows the answer of the main
 * process.
 * @param {() => Promise<string>} answer
 */
export function openWindow(answer) {
  ipcMain.handle('ask', answer)
  ipcMain.once('shown', () => process.stdout.write('answered\n'))
  process.on('message', async (message) => {
    if (message === 'quit') return app.quit()
    // The benchmark's other message: many questions at once.
    await Promise.all(Array.from({ length: 64 }, answer))
    process.stdout.write('all-answered\n')
  })
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
