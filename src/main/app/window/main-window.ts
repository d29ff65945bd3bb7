import { join } from 'node:path'
import { BrowserWindow, nativeTheme } from 'electron'
import { pageUrl } from './page-url.ts'
import { reloadAfterCrash } from './reload-after-crash.ts'

/** Opens the app's window. It can show the app's own page and no other. */
export function createMainWindow(): BrowserWindow {
  const window = new BrowserWindow({
    title: 'Notes',
    width: 1000,
    height: 680,
    minWidth: 640,
    minHeight: 420,
    show: false,
    // The color of the page. With another color, the window would flash before the page is painted.
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#211f1d' : '#fffdfa',
    webPreferences: {
      preload: join(import.meta.dirname, '../preload/index.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      // Chromium would download its dictionaries.
      spellcheck: false,
    },
  })
  const { session } = window.webContents
  showWhenPainted(window)
  reloadAfterCrash(window)
  window.webContents.setWindowOpenHandler(() => ({ action: 'deny' }))
  window.webContents.on('will-navigate', (event) => event.preventDefault())
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false))
  session.setPermissionCheckHandler(() => false)
  void window.loadURL(pageUrl)
  return window
}

/** Shows the window once, at the first of two events. Before the second one, the user may have minimized the window. */
function showWhenPainted(window: BrowserWindow): void {
  const show = () => {
    window.off('ready-to-show', show)
    window.webContents.off('did-finish-load', show)
    window.show()
  }
  // On Wayland `ready-to-show` sometimes never comes: github.com/electron/electron/issues/48859
  window.once('ready-to-show', show)
  window.webContents.once('did-finish-load', show)
}
