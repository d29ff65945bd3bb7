// What a second launch does without a dialog, and which window it brings to the front.
import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'playwright/test'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import {
  activeWindow,
  listWindows,
  minimize,
  waitForFocusOf,
  waitForWindowOf,
} from '../scripts/desktop/windows.mjs'
import { type Held, test } from './support/held.ts'
import { skipWhen } from './support/skip-when.ts'

test.beforeEach(() => skipWhen(process.platform !== 'linux', 'wmctrl is for X11 desktops'))

const focus = { SLOW_ON_HELD: 'focus' }

async function ready(held: Held, env: Record<string, string> = {}): Promise<number> {
  const { pid } = held.slow(env)
  await held.untilOwner(pid, 'ready')
  await waitForWindowOf(pid, ({ title }) => title === `Slow ${env.SLOW_WINDOWS ?? 1}`)
  await waitForFocusOf(pid)
  return pid
}

test("with onHeld 'focus' a second launch shows the owner without a dialog", async ({ held }) => {
  const pid = await ready(held)
  minimize(await waitForFocusOf(pid))
  const { app, dialogs } = held.loggedSlow(focus)
  expect(await app.ended).toBe(0)
  await waitForFocusOf(pid)
  expect(dialogs.read()).toEqual([])
})

test("with onHeld 'focus' an owner that does not answer gets the dialog all the same", async ({ held }) => {
  await ready(held)
  held.command('block 8000')
  await sleep(200)
  const { app, dialogs } = held.loggedSlow(focus)
  await dialogs.untilItSays(/has not answered since/)
  await dialogs.untilItSays(/already running/)
  app.kill()
})

test('a window hidden to the tray is shown', async ({ held }) => {
  const pid = await ready(held, { SLOW_TRAY: new URL('../build/icon.png', import.meta.url).pathname })
  held.command('hide')
  await waitFor('no window', () => (listWindows().length === 0 ? true : undefined))
  expect(await held.slow(focus).ended).toBe(0)
  await waitForFocusOf(pid)
})

test('of several windows the one used last is brought to the front', async ({ held }) => {
  const pid = await ready(held, { SLOW_WINDOWS: '3' })
  const second = await waitForWindowOf(pid, ({ title }) => title === 'Slow 2')
  // The window manager gives the focus to a neighbour of what is minimised, so the second goes last.
  for (const window of listWindows()) if (window.id !== second.id) minimize(window)
  execFileSync('wmctrl', ['-ia', String(second.id)])
  await waitFor('the focus', () => (activeWindow()?.id === second.id ? true : undefined))
  minimize(second)
  expect(await held.slow(focus).ended).toBe(0)
  expect((await waitForFocusOf(pid)).title).toBe('Slow 2')
})

test('a window on another virtual desktop is reached, by bringing it or by going there', async ({ held }) => {
  const pid = await ready(held)
  execFileSync('wmctrl', ['-s', '1'])
  try {
    await waitFor('the other desktop', () => (activeWindow()?.pid === pid ? undefined : true))
    expect(await held.slow(focus).ended).toBe(0)
    await waitForFocusOf(pid)
  } finally {
    execFileSync('wmctrl', ['-s', '0'])
  }
})

test('without a display the words go to stderr and nothing is handed over', async ({ held }) => {
  const pid = await ready(held)
  const contender = held.slow({ DISPLAY: '' })
  expect(await contender.ended).toBe(75)
  expect(contender.stderr()).toContain(`Notes is already running (PID ${pid}).`)
  expect(contender.stderr()).toContain(`Data folder: ${held.dataDir}`)
})

test("without a display onHeld 'focus' hands over all the same", async ({ held }) => {
  const pid = await ready(held)
  minimize(await waitForFocusOf(pid))
  expect(await held.slow({ ...focus, DISPLAY: '' }).ended).toBe(0)
  await waitForFocusOf(pid)
})

test('twenty launches at once: one window, nineteen told, and all gone afterwards', async ({ held }) => {
  test.setTimeout(180_000)
  const launches = Array.from({ length: 20 }, () => held.slow(focus))
  const ends = await waitFor(
    'nineteen to end',
    async () => {
      const settled = await Promise.all(launches.map(({ ended }) => Promise.race([ended, undefined])))
      return settled.filter((end) => end !== undefined).length === 19 ? settled : undefined
    },
    150_000,
  )
  expect(ends.filter((end) => end === 0)).toHaveLength(19)
  const owner = launches[ends.indexOf(undefined)]
  expect(listWindows().map(({ pid, title }) => ({ pid, title }))).toEqual([
    { pid: owner?.pid, title: 'Slow 1' },
  ])
  held.command('quit')
  expect(await owner?.ended).toBe(0)
  const left = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
  expect(left.split('\n').filter((line) => line.includes(held.folder))).toEqual([])
})
