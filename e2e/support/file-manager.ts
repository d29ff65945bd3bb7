import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { waitFor } from '../../scripts/desktop/wait-for.mjs'
import { type DesktopWindow, listWindows, waitForFocusOf } from '../../scripts/desktop/windows.mjs'

/** Why there is no file manager here, or undefined. */
export function whyNoFileManager(): string | undefined {
  if (process.platform !== 'linux') return 'pcmanfm is for X11 desktops'
  if (spawnSync('pcmanfm', ['--help']).status === 0) return undefined
  return 'pcmanfm is not installed: apt-get install --no-install-recommends pcmanfm'
}

/** A window of pcmanfm on one folder. */
export interface FileManager {
  readonly process: ChildProcess
  readonly window: DesktopWindow
}

export async function openFolder(folder: string, env: NodeJS.ProcessEnv): Promise<FileManager> {
  const process = spawn('pcmanfm', ['--no-desktop', folder], { env, stdio: 'ignore' })
  const window = await waitFor('the file manager', () => listWindows().find(({ pid }) => pid === process.pid))
  return { process, window }
}

/** Double-clicks the first file of a folder: its icon is the one in the upper left corner of the right-hand pane. */
export async function doubleClick(window: DesktopWindow, at: { x: number; y: number }): Promise<void> {
  const id = String(window.id)
  execFileSync('wmctrl', ['-ia', id])
  await waitForFocusOf(window.pid)
  const [x, y] = [String(at.x), String(at.y)]
  execFileSync('xdotool', ['mousemove', '--window', id, x, y, 'click', '--repeat', '2', '--delay', '80', '1'])
}
