import { join } from 'node:path'
import { BrowserWindow, nativeTheme, type Session } from 'electron'
import { pageUrl } from './page-url.ts'

/** Opens the app's window. It can show the app's own page and nothing else. */
export function createMainWindow(): BrowserWindow {
  const window = new BrowserWindow({
    title: 'Notes',
    width: 1000,
    height: 680,
    minWidth: 640,
    minHeight: 420,
    show: false,
    // The page's own colour, so that the window does not flash before the page is painted.
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#211f1d' : '#fffdfa',
    webPreferences: {
      preload: join(import.meta.dirname, '../preload/index.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      // Chromium would fetch its dictionaries from the network.
      spellcheck: false,
    },
  })
  const { webContents } = window

  showWhenPainted(window)

  webContents.setWindowOpenHandler(() => ({ action: 'deny' }))
  webContents.on('will-navigate', (event) => event.preventDefault())
  denyPermissions(webContents.session)

  void window.loadURL(pageUrl)
  return window
}

/** Shows it once, on whichever comes first: by the time of the second the user may have minimised it. */
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

function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false))
  session.setPermissionCheckHandler(() => false)
}
