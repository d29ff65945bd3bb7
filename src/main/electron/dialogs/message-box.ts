import { setImmediate as nextTurn } from 'node:timers/promises'
import { app, type BrowserWindow, dialog, type MessageBoxOptions } from 'electron'
import { isPackageWindow, ownWindows } from '../windows/own-windows.ts'
import { withoutEmbeddings } from './box-page.ts'
import { dialogKind } from './dialog-kind.ts'

// Far below what a person notices, and no load for a process that only waits.
const wakeMilliseconds = 50

/** How long a box waits for a window that is opening, in milliseconds. */
const openingPatience = 2_000

const shown = new Set<() => void>()

/**
 * Brings the message boxes of this process to the front. Electron has no call for a box without a window, so the box is
 * closed and shown again: a window manager puts a new window in front, if it puts any window there.
 */
export function raiseMessageBoxes(): void {
  // On macOS, such a box cannot be closed, and activating the app is enough.
  if (process.platform === 'darwin') app.focus({ steal: true })
  else for (const raise of shown) raise()
}

/**
 * Shows a message box, with or without a window of the app. It is a native one, or a page for screen readers. On Windows and
 * Linux the box stays in front of the app's newest visible window: an app that opens its window early could cover a box
 * without one. In the label of a button, `&` marks the access key, and `&&` is one `&`.
 *
 * On Linux such a box may react to a key or a click only when something else wakes the main loop. In an app of eight lines
 * with Electron 33.2.1 on X11 that took 26 s. A timer wakes the loop as long as the box is open.
 *
 * @param options as a function, if the box may say something else when it is raised.
 * @returns the index of the button that was pressed.
 */
export async function showMessageBox(
  options: MessageBoxOptions | (() => MessageBoxOptions),
): Promise<number> {
  const waking = setInterval(() => undefined, wakeMilliseconds)
  try {
    for (let isRaised = false; ; isRaised = true) {
      const response = await showOnce(typeof options === 'function' ? options() : options, isRaised)
      if (response !== 'raised') return response
    }
  } finally {
    clearInterval(waking)
  }
}

const longWord = /\S{61,}/gu
const folderOrPiece = /[/\\]|[^/\\]{60}/gu

/**
 * Keeps a text in its box. GTK makes a box as wide as its longest word, which pushes the buttons off a small screen, unless it
 * may break the word at U+200B.
 */
function bounded(text: string): string {
  const ordered = withoutEmbeddings(text)
  if (process.platform !== 'linux') return ordered
  return ordered.replaceAll(longWord, (word) => word.replaceAll(folderOrPiece, '$&\u200b'))
}

async function showOnce(options: MessageBoxOptions, isRaised: boolean): Promise<number | 'raised'> {
  const closing = new AbortController()
  const close = () => closing.abort()
  shown.add(close)
  options.signal?.addEventListener('abort', close)
  if (options.signal?.aborted) close()
  let stopWatching: (() => void) | undefined
  try {
    const [kind] = await Promise.all([dialogKind(), untilShown(closing.signal)])
    if (closing.signal.aborted) return options.signal?.aborted ? (options.cancelId ?? 0) : 'raised'
    const parent = parentOfBox()
    // A window that appears later would cover a box without one.
    stopWatching = parent || !mayHaveParent ? undefined : onNextWindow(close)
    const all = { ...options, signal: closing.signal }
    const inPage = kind === 'html' ? await showInPage(parent, all, isRaised) : undefined
    // The page also fails if its parent was destroyed.
    const response = inPage ?? (await showNative(parent?.isDestroyed() ? undefined : parent, all))
    // Electron 33.2.1 on Linux ends with SIGSEGV if the process exits in the turn in which a box was answered.
    await nextTurn()
    // A box that is closed returns the same as one that is canceled. Any other button was pressed just before.
    const isCanceled = response === (options.cancelId ?? 0)
    return isCanceled && closing.signal.aborted && !options.signal?.aborted ? 'raised' : response
  } finally {
    stopWatching?.()
    options.signal?.removeEventListener('abort', close)
    shown.delete(close)
  }
}

async function showNative(parent: BrowserWindow | undefined, options: MessageBoxOptions): Promise<number> {
  const [message, detail] = [bounded(options.message), bounded(options.detail ?? '')]
  const all = { ...options, message, detail, normalizeAccessKeys: true }
  const { response } = await (parent ? dialog.showMessageBox(parent, all) : dialog.showMessageBox(all))
  return response
}

/** @returns undefined if the page cannot be shown. The user has to see the text in any case. */
async function showInPage(
  parent: BrowserWindow | undefined,
  options: MessageBoxOptions,
  isRaised: boolean,
): Promise<number | undefined> {
  try {
    const { showPageBox } = await import('./page-box.ts')
    return await showPageBox(parent, options, isRaised)
  } catch (error) {
    console.error(error)
    return undefined
  }
}

// On macOS a box with a window is a sheet of that window, and a box without one is in front of every window of the app.
const mayHaveParent = process.platform !== 'darwin'

/** Only a visible window: on Wayland a box of a hidden one ends the process. */
function parentOfBox(): BrowserWindow | undefined {
  if (!mayHaveParent) return undefined
  return ownWindows().findLast((window) => window.isVisible() && !window.isMinimized())
}

/** Waits for a window that is opening. Otherwise it would cover the box, which would then be closed and shown again. */
async function untilShown(signal: AbortSignal): Promise<void> {
  if (!mayHaveParent || parentOfBox()) return
  const [opening] = ownWindows().filter((window) => !window.isVisible() && window.webContents.isLoading())
  if (!opening || signal.aborted) return
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, openingPatience)
    opening.once('show', done).once('closed', done)
    signal.addEventListener('abort', done, { once: true })
    function done(): void {
      clearTimeout(timer)
      if (!opening?.isDestroyed()) opening?.off('show', done).off('closed', done)
      resolve()
    }
  })
}

/** @returns a function that stops watching. */
function onNextWindow(then: () => void): () => void {
  const watched = new Map<BrowserWindow, () => void>()
  const watch = (window: BrowserWindow) => {
    const onShow = () => isPackageWindow(window) || then()
    watched.set(window, onShow)
    window.on('show', onShow)
  }
  const onCreated = (_event: unknown, window: BrowserWindow) => watch(window)
  for (const window of ownWindows()) watch(window)
  app.on('browser-window-created', onCreated)
  return () => {
    app.off('browser-window-created', onCreated)
    for (const [window, onShow] of watched) if (!window.isDestroyed()) window.off('show', onShow)
  }
}
