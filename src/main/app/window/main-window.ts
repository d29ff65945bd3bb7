/// <reference types="electron-vite/node" />
import { join } from 'node:path'
import { BrowserWindow, nativeImage, nativeTheme, screen } from 'electron'
import icon from '../../../../build/icon.png?asset'
import { pageUrl } from './page-url.ts'
import { reloadAfterCrash } from './reload-after-crash.ts'
import { onScreen, type WindowStateFile } from './window-state.ts'

/** Opens the app's window, where it was before. It can show the app's own page and no other. */
export function createMainWindow(file: WindowStateFile): BrowserWindow {
  const { bounds, isMaximized = false } = file.state
  const areas = screen.getAllDisplays().map(({ workArea }) => workArea)
  const window = new BrowserWindow({
    title: 'Notes',
    width: 1000,
    height: 680,
    ...(bounds && onScreen(bounds, areas)),
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
  window.on('close', () => {
    file.change({ bounds: window.getNormalBounds(), isMaximized: window.isMaximized() })
  })
  showWhenPainted(window, isMaximized)
  reloadAfterCrash(window)
  window.webContents.setWindowOpenHandler(() => ({ action: 'deny' }))
  window.webContents.on('will-navigate', (event) => event.preventDefault())
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false))
  session.setPermissionCheckHandler(() => false)
  void window.loadURL(pageUrl)
  return window
}

/** Shows the window once, at the first of two events. Before the second one, the user may have minimized the window. */
function showWhenPainted(window: BrowserWindow, isMaximized: boolean): void {
  const show = () => {
    window.off('ready-to-show', show)
    window.webContents.off('did-finish-load', show)
    if (isMaximized) window.maximize()
    window.show()
    // After the first paint, because decoding the icon takes time. Other systems read it from the program.
    if (process.platform === 'linux') window.setIcon(nativeImage.createFromPath(icon))
  }
  // On Wayland `ready-to-show` sometimes never comes: github.com/electron/electron/issues/48859
  window.once('ready-to-show', show)
  window.webContents.once('did-finish-load', show)
}
