// The packaged app, started from its desktop entry, with the real GTK dialog and the real button.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'playwright/test'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import {
  activeWindow,
  click,
  listWindows,
  minimize,
  press,
  untilGone,
  waitForFocusOf,
  waitForWindowOf,
} from '../scripts/desktop/windows.mjs'
import { isAlive } from '../src/main/owner/process-stat.ts'
import { test } from './support/packaged-notes.ts'
import { skipWhen } from './support/skip-when.ts'

test.beforeEach(() =>
  skipWhen(process.platform !== 'linux', 'xdotool and desktop entries are for X11 desktops'),
)

const showButton = { x: 0.25, y: 0.87 }

const waitForEndOf = (pid: number) => waitFor(`the end of ${pid}`, () => (isAlive(pid) ? undefined : true))

test('a click on Show brings the first window to the front', async ({ packaged }) => {
  const owner = await packaged.launch()
  await waitForFocusOf(owner.pid)
  const dialog = await packaged.launch()
  expect(dialog.pid).not.toBe(owner.pid)
  expect((await waitForFocusOf(dialog.pid)).id).toBe(dialog.id)
  await untilGone(dialog, () => click(dialog, showButton))
  await waitForEndOf(dialog.pid)
  expect((await waitForFocusOf(owner.pid)).id).toBe(owner.id)
  expect(listWindows()).toHaveLength(1)
})

test('Enter shows the first window, also when it is minimized', async ({ packaged }) => {
  const owner = await packaged.launch()
  minimize(await waitForFocusOf(owner.pid))
  const dialog = await packaged.launch()
  await waitForFocusOf(dialog.pid)
  await untilGone(dialog, () => press('Return'))
  await waitForEndOf(dialog.pid)
  expect((await waitForFocusOf(owner.pid)).id).toBe(owner.id)
})

test('Esc quits and does not raise the first window', async ({ packaged }) => {
  const owner = await packaged.launch()
  minimize(await waitForFocusOf(owner.pid))
  const dialog = await packaged.launch()
  await waitForFocusOf(dialog.pid)
  await untilGone(dialog, () => press('Escape'))
  await waitForEndOf(dialog.pid)
  expect(isAlive(owner.pid)).toBe(true)
  expect(activeWindow()?.pid).not.toBe(owner.pid)
})

test('a Markdown file opened from the desktop is shown in the first window', async ({ packaged }) => {
  const owner = await packaged.launch()
  await waitForFocusOf(owner.pid)
  const file = join(packaged.folder, 'A plan.md')
  writeFileSync(file, '# A plan\n\nThere is none.\n')
  packaged.start([file])
  const { title } = await waitForWindowOf(owner.pid, (window) => window.title.startsWith('A plan'))
  expect(title).toBe('A plan — Notes')
  expect(listWindows()).toHaveLength(1)
})

test('the app reacts to a single press at once', async ({ packaged }) => {
  const owner = await packaged.launch()
  await waitForFocusOf(owner.pid)
  const dialog = await packaged.launch()
  await waitForFocusOf(dialog.pid)
  await sleep(1_000)
  press('Return')
  // If nothing wakes Electron's loop, it reads GTK's answer up to half a minute later.
  await waitFor('the answer', () => (isAlive(dialog.pid) ? undefined : true), 5_000)
})
