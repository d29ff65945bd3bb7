import { once } from 'node:events'
import { app, type BrowserWindow, type MessageBoxOptions, screen } from 'electron'
import { createPackageWindow, destroyQuietly } from '../windows/own-windows.ts'
import { type BoxContent, boxPage, splitLabel, withoutEmbeddings } from './box-page.ts'
import { dialogLanguage, isScreenReaderEnabled } from './dialog-kind.ts'

const width = 520
/** How much of the screen a box may take. */
const share = 0.9
/** How long the window of a box stays for the next one, in milliseconds. */
const keepTime = 100

interface Kept {
  readonly window: BrowserWindow
  readonly parent: BrowserWindow | undefined
  readonly timer: NodeJS.Timeout
}

let kept: Kept | undefined

/**
 * Shows a message box as a page in a window of its own. A box that follows at once is shown in the same window, so that a
 * screen reader reads only what has changed.
 *
 * @param isRaised whether the window comes to the front also if it is open.
 * @returns the index of the button. It is `cancelId` if the window or the signal closes the box.
 * @throws an error if the page cannot be shown.
 */
export async function showPageBox(
  parent: BrowserWindow | undefined,
  options: MessageBoxOptions,
  isRaised: boolean,
): Promise<number> {
  const { cancelId = 0, signal } = options
  const isNew = kept?.parent !== parent || kept?.window.isDestroyed() !== false
  const window = isNew ? await openWindow(parent, options.title ?? '') : takeKept()
  const content: BoxContent = {
    message: withoutEmbeddings(options.message),
    detail: withoutEmbeddings(options.detail ?? ''),
    buttons: (options.buttons ?? []).map(splitLabel),
    defaultId: options.defaultId ?? 0,
    cancelId,
  }
  const ending = new AbortController()
  const { signal: ended } = ending
  try {
    const pressed = window.webContents.executeJavaScript(`show(${JSON.stringify(content)})`)
    const failed = Promise.race([
      once(window, 'closed', { signal: ended }),
      once(window.webContents, 'render-process-gone', { signal: ended }),
    ]).then(() => {
      throw new Error('The page of the dialog has ended.')
    })
    const closed = new Promise<number>((resolve) => {
      const cancel = () => resolve(cancelId)
      signal?.addEventListener('abort', cancel, { once: true, signal: ended })
      if (signal?.aborted) cancel()
      const keepOpen = (event: { preventDefault(): void }) => {
        event.preventDefault()
        cancel()
      }
      window.on('close', keepOpen)
      ended.addEventListener('abort', () => window.isDestroyed() || window.off('close', keepOpen))
    })
    const answer: Promise<number> = Promise.race([pressed, closed, failed])
    // It is awaited below.
    answer.catch(() => undefined)
    await fitToPage(window)
    if (isRaised) window.hide()
    if (isNew || isRaised) window.show()
    return await answer
  } finally {
    ending.abort()
    keep(window, parent)
  }
}

function takeKept(): BrowserWindow {
  const { window, timer } = kept as Kept
  clearTimeout(timer)
  kept = undefined
  return window
}

function keep(window: BrowserWindow, parent: BrowserWindow | undefined): void {
  if (window.isDestroyed()) return
  const timer = setTimeout(() => {
    if (kept?.window === window) kept = undefined
    if (!window.isDestroyed()) destroyQuietly(window)
  }, keepTime)
  kept = { window, parent, timer }
}

async function openWindow(parent: BrowserWindow | undefined, title: string): Promise<BrowserWindow> {
  const window = createPackageWindow({
    title,
    width,
    height: 240,
    useContentSize: true,
    center: true,
    show: false,
    minimizable: false,
    maximizable: false,
    fullscreenable: false,
    autoHideMenuBar: true,
    ...(parent && { parent, modal: true }),
    webPreferences: {
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      spellcheck: false,
      // Apart from what the app does with its own pages, such as preload scripts and request filters.
      partition: 'electron-datadir-dialogs',
    },
  })
  window.removeMenu()
  // Chromium on Linux does not do so by itself when a screen reader is enabled.
  void isScreenReaderEnabled().then((isEnabled) => isEnabled && app.setAccessibilitySupportEnabled(true))
  const { webContents } = window
  // A file that is dropped on the page would replace it.
  webContents.on('will-navigate', (event) => event.preventDefault())
  webContents.setWindowOpenHandler(() => ({ action: 'deny' }))
  webContents.on('before-input-event', (event, { type, control, meta, key }) => {
    const change = zoomKeys[key]
    if (type !== 'keyDown' || !(control || meta) || change === undefined) return
    event.preventDefault()
    webContents.setZoomLevel(change === 0 ? 0 : webContents.getZoomLevel() + change)
    void fitToPage(window)
  })
  try {
    await window.loadURL(boxPage(title, dialogLanguage()))
  } catch (error) {
    if (!window.isDestroyed()) destroyQuietly(window)
    throw error
  }
  return window
}

const zoomKeys: Readonly<Record<string, number>> = { '+': 1, '=': 1, '-': -1, '0': 0 }

/** Makes the window as high as its page, within the screen. */
async function fitToPage(window: BrowserWindow): Promise<void> {
  const { workAreaSize } = screen.getDisplayMatching(window.getBounds())
  const factor = window.webContents.getZoomFactor()
  const wide = Math.min(Math.round(width * factor), Math.round(share * workAreaSize.width))
  window.setContentSize(wide, window.getContentSize()[1] ?? 0)
  const height: number = await window.webContents.executeJavaScript('height()')
  if (window.isDestroyed()) return
  window.setContentSize(
    wide,
    Math.min(Math.ceil(height * factor) + 1, Math.round(share * workAreaSize.height)),
  )
}
