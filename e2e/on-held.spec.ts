// What a second launch does without a dialog, and which window it brings to the front.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'playwright/test'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import {
  activeWindow,
  listWindows,
  minimize,
  waitForFocusOf,
  waitForWindowOf,
} from '../scripts/desktop/windows.mjs'
import { handOver } from '../src/main/handoff/client.ts'
import { readOwner } from '../src/main/owner/owner-record-file.ts'
import { isAlive } from '../src/main/owner/process-stat.ts'
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

test("with onHeld 'focus' the dialog appears if the owner does not answer, and goes when the owner answers", async ({
  held,
}) => {
  const pid = await ready(held)
  await held.block()
  const { app, dialogs } = held.loggedSlow(focus)
  await dialogs.untilItSays(/isn’t responding/)
  held.command('unblock')
  expect(await app.ended).toBe(0)
  await waitForFocusOf(pid)
  expect(dialogs.read().map(({ message }) => message)).not.toContain('Notes is already open.')
})

test("with onHeld 'focus' an owner that hangs while it starts gets the launch once, after a dialog", async ({
  held,
}) => {
  const owner = held.slow({ SLOW_HANGS: '1' })
  await held.untilOwner(owner.pid, 'starting')
  // An app may be busy for 10 s while it starts.
  const { app, dialogs } = held.loggedSlow(focus, '', [import.meta.filename])
  await dialogs.untilItSays(/isn’t responding/)
  held.command('unblock')
  expect(dialogs.read()[0]?.detail).toContain('It didn’t respond.')
  expect(await app.ended).toBe(0)
  const { title } = await waitForWindowOf(owner.pid, ({ title }) => title.includes('on-held.spec.ts'))
  expect(title.split('on-held.spec.ts')).toHaveLength(2)
})

test('a function gets the facts about the owner, and may end the launch without a dialog', async ({
  held,
}) => {
  const pid = await ready(held)
  const { app, dialogs } = held.loggedSlow({ SLOW_CHOICE: 'quit', DESKTOP_STARTUP_ID: 'desk-1_TIME42' })
  expect(await app.ended).toBe(75)
  expect(dialogs.read()).toEqual([])
  expect(JSON.parse(readFileSync(join(held.folder, 'held.json'), 'utf8'))).toMatchObject({
    dir: held.dataDir,
    pid,
    owner: { pid, app: 'Notes', version: '1.2.3', state: 'ready' },
    holder: { pid },
    now: { kind: 'answering' },
    message: 'Notes is already open.',
    detail: expect.stringContaining(`Data folder: ${held.dataDir}`),
    launch: { cwd: process.cwd(), urls: [], activationToken: 'desk-1_TIME42' },
    isHandedOver: false,
  })
})

test('a function gets the facts when it is certain that the owner does not answer', async ({ held }) => {
  await ready(held)
  await held.block()
  const { app } = held.loggedSlow({ SLOW_CHOICE: 'quit' })
  expect(await app.ended).toBe(75)
  const { now } = JSON.parse(readFileSync(join(held.folder, 'held.json'), 'utf8'))
  expect(now).toMatchObject({ kind: 'silent' })
  held.command('unblock')
})

test('a function that hands the launch over shows the owner, and the launch ends with code 0', async ({
  held,
}) => {
  const pid = await ready(held)
  minimize(await waitForFocusOf(pid))
  const { app, dialogs } = held.loggedSlow({ SLOW_CHOICE: 'quit handing-over' })
  expect(await app.ended).toBe(0)
  await waitForFocusOf(pid)
  expect(dialogs.read()).toEqual([])
})

test('a function may choose the dialog', async ({ held }) => {
  await ready(held)
  const { dialogs } = held.loggedSlow({ SLOW_CHOICE: 'dialog' })
  expect((await dialogs.first()).message).toBe('Notes is already open.')
})

test('a function may try the lock again until the owner has ended', async ({ held }) => {
  await ready(held)
  const { app, dialogs } = held.loggedSlow({ SLOW_CHOICE: 'try-again' })
  await waitFor('the question', () => existsSync(join(held.folder, 'held.json')) || undefined)
  held.command('quit')
  await held.untilOwner(app.pid, 'ready')
  await waitForFocusOf(app.pid)
  expect(dialogs.read()).toEqual([])
})

test('an app that calls relaunch() twice starts again once, and no dialog appears', async ({ held }) => {
  const { app, dialogs } = held.loggedSlow({})
  await held.untilOwner(app.pid, 'ready')
  await waitForFocusOf(app.pid)
  held.command('relaunch 2')
  const owner = await waitFor('another owner', () => {
    const owner = readOwner(held.dataDir, 'notes')
    return owner?.state === 'ready' && owner.pid !== app.pid ? owner : undefined
  })
  held.track({ kill: (signal) => isAlive(owner.pid ?? 0) && process.kill(owner.pid ?? 0, signal) })
  expect(isAlive(app.pid)).toBe(false)
  await waitForFocusOf(owner.pid ?? 0)
  expect(listWindows().map(({ pid }) => pid)).toEqual([owner.pid])
  expect(dialogs.read()).toEqual([])
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
  // The window manager gives the focus to a neighbor of a window that is minimized, so the second one is the last.
  for (const window of listWindows()) if (window.id !== second.id) minimize(window)
  execFileSync('wmctrl', ['-ia', String(second.id)])
  await waitFor('the focus', () => (activeWindow()?.id === second.id ? true : undefined))
  minimize(second)
  expect(await held.slow(focus).ended).toBe(0)
  expect((await waitForFocusOf(pid)).title).toBe('Slow 2')
})

test('a window that a launch opens beside others is in front, and the outcome says so', async ({ held }) => {
  await ready(held, { SLOW_OPENS_MORE: '1' })
  const launch = { id: 'another', argv: [], cwd: '/', files: [], urls: [] }
  const reply = await handOver(readOwner(held.dataDir, 'notes') ?? {}, launch, { patience: 10_000 })
  expect(reply).toMatchObject({ type: 'launched', outcome: 'opened-window' })
  await waitFor('it in front', () => (activeWindow()?.title === 'Slow, another' ? true : undefined))
})

test('if no window was ever used, a visible one is brought to the front, not a hidden one', async ({
  held,
}) => {
  const owner = held.slow({ SLOW_HELPER: '1', SLOW_INACTIVE: '1' })
  await held.untilOwner(owner.pid, 'ready')
  await waitForWindowOf(owner.pid, ({ title }) => title === 'Slow 1')
  expect(await held.slow(focus).ended).toBe(0)
  await waitForFocusOf(owner.pid)
  expect(listWindows().map(({ title }) => title)).toEqual(['Slow 1'])
})

test('a window on another virtual desktop gets the focus, on that desktop or on this one', async ({
  held,
}) => {
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
  expect(contender.stderr()).toContain(`Notes is already open.\nPID: ${pid}\n`)
  expect(contender.stderr()).toContain(`Data folder: ${held.dataDir}`)
})

test("without a display onHeld 'focus' hands the launch over", async ({ held }) => {
  const pid = await ready(held)
  minimize(await waitForFocusOf(pid))
  expect(await held.slow({ ...focus, DISPLAY: '' }).ended).toBe(0)
  await waitForFocusOf(pid)
})

test('of twenty launches at once one opens a window and nineteen are handed over, and no process is left', async ({
  held,
}) => {
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
