import { app, BrowserWindow } from 'electron'
import type { MigrationProgress } from '../../sqlite/migrations/migrations.ts'
import { addStartWindow, hasWindow } from '../windows/own-windows.ts'
import { appLocale } from './app-locale.ts'
import { startPage } from './start-page.ts'
import { startStatus } from './start-status.ts'
import { chooseStartWords, type StartWords } from './start-words.ts'

/** A start that takes less than this is not worth a window, in milliseconds. */
const patience = 300
/** What the task bar and the Dock show while nobody knows how long it will take: more than 1 (Electron's BrowserWindow). */
const unknownProgress = 2

/** A small window that says what an app is doing before it has a window of its own. */
export class StartWindow {
  readonly #product: string
  readonly #locale: string | undefined
  readonly #timer: NodeJS.Timeout
  readonly #destroy = () => this.close()
  #window: BrowserWindow | undefined
  #progress: MigrationProgress | undefined
  #isClosed = false

  /**
   * Opens 300 ms from now, but not before `ready`, unless it is closed first. The first window of the app's own closes
   * it: what that shows meanwhile is the app's affair.
   */
  static planned(product: string, locale: string | undefined): StartWindow {
    return new StartWindow(product, locale)
  }

  private constructor(product: string, locale: string | undefined) {
    this.#product = product
    this.#locale = locale
    // The turn after `ready`, in which an app opens its own.
    const open = () => void app.whenReady().then(() => setImmediate(() => this.#open()))
    this.#timer = setTimeout(open, patience)
  }

  get #words(): StartWords {
    return chooseStartWords(appLocale(this.#locale))
  }

  show(progress: MigrationProgress): void {
    this.#progress = progress
    void this.#update()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    app.off('before-quit', this.#destroy)
    app.off('browser-window-created', this.#destroy)
    const window = this.#window
    this.#window = undefined
    if (window && !window.isDestroyed()) destroyQuietly(window)
  }

  #open(): void {
    if (this.#isClosed || hasWindow()) return
    const window = new BrowserWindow({
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
    addStartWindow(window)
    app.on('browser-window-created', this.#destroy)
    window.removeMenu()
    // Nothing is opened twice as fast by closing this: only quitting, or the end of the work, takes it away.
    window.on('close', (event) => event.preventDefault())
    app.on('before-quit', this.#destroy)
    // Inactive: whatever the user types meanwhile is meant for somewhere else.
    window.webContents.once('did-finish-load', () => {
      if (window.isDestroyed()) return
      window.showInactive()
      void this.#update()
    })
    void window.loadURL(startPage(this.#product, this.#words))
  }

  async #update(): Promise<void> {
    const window = this.#window
    if (!window || window.isDestroyed()) return
    const status = startStatus(this.#progress, this.#words)
    window.setProgressBar(status.total > 0 ? status.done / status.total : unknownProgress)
    try {
      await window.webContents.executeJavaScript(`show(${JSON.stringify(status)})`)
    } catch {
      // The page is not there yet, and asks when it is; or not any more.
    }
  }
}

/**
 * Without `window-all-closed`, on which most apps quit: their own window is only about to come.
 */
function destroyQuietly(window: BrowserWindow): void {
  const listeners = app.rawListeners('window-all-closed') as (() => void)[]
  app.removeAllListeners('window-all-closed')
  // Where nobody listens Electron quits by itself (electronjs.org/docs/latest/api/app#event-window-all-closed).
  const nothing = () => undefined
  app.on('window-all-closed', nothing)
  try {
    window.destroy()
  } finally {
    app.off('window-all-closed', nothing)
    for (const listener of listeners) app.on('window-all-closed', listener)
  }
}
