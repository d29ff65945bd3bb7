// Focus under an X11 window manager that does not give it to every window that asks.
import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'playwright/test'
import { openVirtualDisplay } from '../scripts/desktop/virtual-display.mjs'
import { activeWindow, click, press, waitForFocusOf, waitForWindowOf } from '../scripts/desktop/windows.mjs'
import { test } from './support/held.ts'
import { skipWhen } from './support/skip-when.ts'

const hasMetacity = process.platform === 'linux' && spawnSync('metacity', ['--version']).status === 0
const screen = process.env.DISPLAY

test.beforeEach(() =>
  skipWhen(!hasMetacity, 'metacity is not installed: apt-get install --no-install-recommends metacity'),
)

test.afterEach(() => {
  process.env.DISPLAY = screen
})

test("with focus-stealing prevention a second launch still brings the owner's window to the front", async ({
  held,
}) => {
  const display = await openVirtualDisplay({ command: 'metacity' })
  held.track({ kill: display.close })
  process.env.DISPLAY = display.env.DISPLAY

  const owner = held.slow(display.env)
  await held.untilOwner(owner.pid, 'ready')
  const window = await waitForWindowOf(owner.pid)
  const other = held.slow({ ...display.env, SLOW_FOLDER: join(held.folder, 'other') })
  click(await waitForWindowOf(other.pid), { x: 0.9, y: 0.9 })
  await waitForFocusOf(other.pid)
  press('a')
  // The control: a window that asks with the time of an old click is refused.
  execFileSync('python3', [join(import.meta.dirname, 'support', 'ask-for-focus.py'), String(window.id), '1'])
  await sleep(1_000)
  expect(activeWindow()?.pid).toBe(other.pid)

  expect(await held.slow({ ...display.env, SLOW_ON_HELD: 'focus' }).ended).toBe(0)
  await waitForFocusOf(owner.pid)
})
