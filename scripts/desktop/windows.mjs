// @ts-check
// Does with windows what a person does, through the window manager: wmctrl, xdotool and ImageMagick's import.
import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from './wait-for.mjs'

/**
 * @typedef {object} DesktopWindow
 * @property {number} id
 * @property {number} pid
 * @property {string} title
 */

const listAttempts = 5

/** @returns {DesktopWindow[]} every window of the window manager's list, minimized ones too */
export function listWindows() {
  for (let attempt = 1; ; attempt++) {
    try {
      return output('wmctrl', ['-lp']).split('\n').filter(Boolean).map(windowOf)
    } catch (error) {
      // Without any window the window manager may have no list of them.
      if (/client list/.test(saidBy(error))) return []
      // If a window closes while wmctrl reads its title, wmctrl ends with an error of the X server.
      if (attempt === listAttempts) throw error
    }
  }
}

/** @param {string} line of `wmctrl -lp` */
function windowOf(line) {
  const [id = '', , pid = '', , ...title] = line.split(/ +/)
  return { id: Number(id), pid: Number(pid), title: title.join(' ') }
}

/** @returns {DesktopWindow | undefined} the window that has the keyboard */
export function activeWindow() {
  const id = /# (0x[0-9a-f]+)/.exec(output('xprop', ['-root', '_NET_ACTIVE_WINDOW']))?.[1]
  return listWindows().find((window) => window.id === Number(id))
}

/**
 * @param {number} pid
 * @param {(window: DesktopWindow) => boolean} [fits]
 */
export function waitForWindowOf(pid, fits = () => true) {
  return waitFor(`a window of process ${pid}`, () =>
    listWindows().find((window) => window.pid === pid && fits(window)),
  )
}

/**
 * Waits until a process owns the window that has the keyboard.
 * @param {number} pid
 */
export function waitForFocusOf(pid) {
  return waitFor(`the focus on process ${pid}`, () => {
    const window = activeWindow()
    return window?.pid === pid ? window : undefined
  })
}

/**
 * Waits until a process has a dialog that has the keyboard: an app's own windows are not dialogs.
 * @param {number} pid
 */
export function waitForDialogOf(pid) {
  return waitFor(`a dialog of process ${pid}`, () => {
    const window = activeWindow()
    return window?.pid === pid && isDialog(window) ? window : undefined
  })
}

/** @param {DesktopWindow} window */
export function isDialog({ id }) {
  try {
    return output('xprop', ['-id', String(id), '_NET_WM_WINDOW_TYPE']).includes('_NET_WM_WINDOW_TYPE_DIALOG')
  } catch (error) {
    // It has closed.
    if (/BadWindow/.test(saidBy(error))) return false
    throw error
  }
}

/** @param {string} text into the window that has the keyboard */
export function type(text) {
  output('xdotool', ['type', '--delay', '20', text])
}

/** @param {string} keys as xdotool names them, for example `ctrl+n` */
export function press(keys) {
  output('xdotool', ['key', keys])
}

/**
 * Clicks where a window is, measured in shares of its width and height.
 * @param {DesktopWindow} window
 * @param {{ x: number, y: number }} share from 0 to 1, from the top left
 */
export function click(window, share) {
  const id = String(window.id)
  const shell = output('xdotool', ['getwindowgeometry', '--shell', id])
  const read = (/** @type {string} */ name) => Number(new RegExp(`^${name}=(\\d+)$`, 'm').exec(shell)?.[1])
  const [x, y] = [Math.round(read('WIDTH') * share.x), Math.round(read('HEIGHT') * share.y)]
  // Relative to the window: the position that xdotool reports is off by the frame a window manager puts around it.
  output('xdotool', ['mousemove', '--window', id, String(x), String(y), 'click', '1'])
}

/**
 * Does something to a window until it is gone: it has the focus a moment before its toolkit takes keys and clicks.
 * @param {DesktopWindow} window
 * @param {() => void} act
 */
export async function untilGone(window, act) {
  await waitFor(`window “${window.title}” to close`, async () => {
    if (!listWindows().some(({ id }) => id === window.id)) return true
    act()
    await sleep(500)
    return undefined
  })
}

/** @param {DesktopWindow} window that gets the keyboard, as from a click on its title; nothing happens if it has closed */
export function activate(window) {
  try {
    output('wmctrl', ['-ia', String(window.id)])
  } catch (error) {
    if (!/BadWindow/.test(saidBy(error))) throw error
  }
}

/** @param {DesktopWindow} window */
export function minimize(window) {
  output('xdotool', ['windowminimize', '--sync', String(window.id)])
}

/** @param {DesktopWindow} window as its close button does */
export function close(window) {
  output('wmctrl', ['-ic', String(window.id)])
}

/** @param {string} path of the PNG to write: the whole screen */
export function screenshot(path) {
  output('import', ['-window', 'root', path])
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function output(command, args) {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/**
 * Returns the stderr of a command that failed.
 * @param {unknown} error
 * @returns {string} empty if the command could not be started
 */
const saidBy = (error) => /** @type {{ stderr?: string | null }} */ (error).stderr ?? ''
