import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DesktopWindow } from '../../scripts/desktop/windows.mjs'

const root = resolve(import.meta.dirname, '../..')

/**
 * Takes a picture of a window with its frame: into docs/dialogs if `DIALOG_PICTURES` is set, otherwise into test-results,
 * because PIDs and times differ from run to run.
 */
export async function picture(window: DesktopWindow, name: string): Promise<void> {
  // The window manager reports a window a moment before its content is painted.
  await sleep(700)
  const folder = process.env.DIALOG_PICTURES ? 'docs/dialogs' : 'test-results/dialogs'
  const path = join(root, folder, `${name}.png`)
  mkdirSync(dirname(path), { recursive: true })
  // Cut out of the whole screen: import(1) waits for a click if the window is gone.
  const frame = frameOf(window)
  if (frame === undefined) return
  const read = (name: string) => /-?\d+/.exec(frame.split(`${name}: `)[1] ?? '')?.[0]
  const size = `${read('Width')}x${read('Height')}`
  const crop = `${size}+${read('Absolute upper-left X')}+${read('Absolute upper-left Y')}`
  execFileSync('import', ['-window', 'root', '-crop', crop, '-colors', '64', '-strip', `png8:${path}`])
}

/**
 * On a busy machine, a box may be replaced before its picture is taken. That is no fault of the app.
 *
 * @returns undefined if the window is gone, unless the pictures are for the docs.
 */
function frameOf({ id }: DesktopWindow): string | undefined {
  try {
    return execFileSync('xwininfo', ['-frame', '-id', String(id)], { encoding: 'utf8' })
  } catch (error) {
    if (process.env.DIALOG_PICTURES) throw error
    return undefined
  }
}
