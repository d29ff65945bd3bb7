import { app, type BrowserWindow } from 'electron'
import { createPackageWindow, destroyQuietly, isPackageWindow, ownWindows } from '../windows/own-windows.ts'
import type { Language } from '../words/language.ts'
import { type StartProgress, startPage, startStatus } from './start-page.ts'

/** An opening that takes less than this needs no window, in milliseconds. */
const patience = 300
/** Tells `setProgressBar` that the length of the work is not known: more than 1. */
const unknownProgress = 2

/** A small window that says what an app is doing before it has a window of its own. */
export class StartWindow {
  readonly #product: string
  readonly #language: () => Language
  #timer: NodeJS.Timeout | undefined
  readonly #destroy = () => this.close()
  readonly #onCreated = (_event: unknown, window: BrowserWindow) => isPackageWindow(window) || this.close()
  #window: BrowserWindow | undefined
  #progress: StartProgress | undefined
  #isClosed = false

  /**
   * Opens 300 ms after `loaded`, but not before `ready`, unless it is closed first. The app's first own window closes it:
   * from then on the app itself shows the progress.
   *
   * @param loaded resolves when the code of the database is loaded. While that lasts, a window would delay it further. A
   * database that is up to date is open a few milliseconds after that.
   */
  constructor(product: string, language: () => Language, loaded: Promise<void>) {
    this.#product = product
    this.#language = language
    // One turn after `ready`: an app opens its own window in that turn.
    const open = () => void app.whenReady().then(() => setImmediate(() => this.#open()))
    void loaded.then(() => {
      if (!this.#isClosed) this.#timer = setTimeout(open, patience)
    })
  }

  show(progress: StartProgress): void {
    this.#progress = progress
    void this.#update()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    app.off('before-quit', this.#destroy)
    app.off('browser-window-created', this.#onCreated)
    if (this.#window && !this.#window.isDestroyed()) destroyQuietly(this.#window)
  }

  #open(): void {
    if (this.#isClosed || ownWindows().length > 0) return
    const window = createPackageWindow({
      title: this.#product,
      width: 380,
      height: 120,
      useContentSize: true,
      center: true,
      show: false,
      resizable: false,
      maximizable: false,
      fullscreenable: false,
      autoHideMenuBar: true,
      webPreferences: { sandbox: true, contextIsolation: true, nodeIntegration: false },
    })
    this.#window = window
    app.on('browser-window-created', this.#onCreated)
    window.removeMenu()
    // Closing it would not make the start faster. It goes when the app quits, or when the work is done.
    window.on('close', (event) => event.preventDefault())
    app.on('before-quit', this.#destroy)
    // Inactive: what the user types meanwhile is for another window.
    window.webContents.once('did-finish-load', () => {
      if (window.isDestroyed()) return
      window.showInactive()
      void this.#update()
    })
    void window.loadURL(startPage(this.#product, this.#language()))
  }

  async #update(): Promise<void> {
    const window = this.#window
    if (!window || window.isDestroyed()) return
    const status = startStatus(this.#progress, this.#language())
    window.setProgressBar(status.total > 0 ? status.done / status.total : unknownProgress)
    try {
      await window.webContents.executeJavaScript(`show(${JSON.stringify(status)})`)
    } catch {
      // The page has not loaded yet, and gets its text when it has. Or it is gone.
    }
  }
}
