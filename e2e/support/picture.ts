import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DesktopWindow } from '../../scripts/desktop/windows.mjs'

const root = resolve(import.meta.dirname, '../..')

/**
 * Takes a picture of a window with its frame: into docs/dialogs where `DIALOG_PICTURES` is set, since PIDs and times
 * differ from run to run, else into test-results.
 */
export async function picture(window: DesktopWindow, name: string): Promise<void> {
  // The window manager reports a window a moment before its content is painted.
  await sleep(700)
  const folder = process.env.DIALOG_PICTURES ? 'docs/dialogs' : 'test-results/dialogs'
  const path = join(root, folder, `${name}.png`)
  mkdirSync(dirname(path), { recursive: true })
  const palette = ['-colors', '64', '-strip', `png8:${path}`]
  execFileSync('import', ['-window', String(window.id), '-frame', ...palette], { stdio: 'ignore' })
}
