// The hand-off under a Wayland compositor. Focus and urgency are read from the compositor's own tree.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'playwright/test'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import { isAlive } from '../src/main/owner/process-stat.ts'
import { test } from './support/held.ts'
import { skipWhen } from './support/skip-when.ts'
import { openSway, type Sway, whyNoSway } from './support/sway.ts'

const reason = whyNoSway()
const onWayland = ['--ozone-platform=wayland', '--disable-gpu']
let sway: Sway

test.beforeEach(async () => {
  skipWhen(reason !== undefined, reason ?? '')
  sway = await openSway()
})

test.afterEach(() => sway?.close())

const windowOf = (pid: number) => sway.windows().find((window) => window.pid === pid)
const untilFocused = (pid: number) =>
  waitFor(`the focus on ${pid}`, () => (windowOf(pid)?.focused ? true : undefined))

test("with onHeld 'focus' a second launch gives the owner's window the focus, not only urgency", async ({
  held,
}) => {
  const owner = held.slow(sway.env, onWayland)
  await untilFocused(owner.pid)
  const other = held.slow({ ...sway.env, SLOW_FOLDER: join(held.folder, 'other') }, onWayland)
  await untilFocused(other.pid)
  expect(await held.slow({ ...sway.env, SLOW_ON_HELD: 'focus' }, onWayland).ended).toBe(0)
  await untilFocused(owner.pid)
  expect(windowOf(owner.pid)).toMatchObject({ focused: true, urgent: false })
})

test('the held dialog appears with the focus, and the app opens when the owner ends', async ({ held }) => {
  const owner = held.slow(sway.env, onWayland)
  await untilFocused(owner.pid)
  const contender = held.slow(sway.env, onWayland)
  await untilFocused(contender.pid)
  expect(windowOf(contender.pid)?.name).toBe('Notes')
  owner.kill('SIGKILL')
  await waitFor('the app', () => (windowOf(contender.pid)?.name === 'Slow 1' ? true : undefined))
})

test('a hidden window is shown and has the focus', async ({ held }) => {
  const owner = held.slow(sway.env, onWayland)
  await untilFocused(owner.pid)
  held.command('hide')
  await waitFor('no window', () => (windowOf(owner.pid) ? undefined : true))
  expect(await held.slow({ ...sway.env, SLOW_ON_HELD: 'focus' }, onWayland).ended).toBe(0)
  await untilFocused(owner.pid)
})

test('a window that a launch has brought to the front can show dialogs, before that and after it', async ({
  held,
}) => {
  const owner = held.slow(sway.env, onWayland)
  await untilFocused(owner.pid)
  const isAsking = () => sway.windows().some(({ pid, name }) => pid === owner.pid && name === 'Question')
  // Another window has the focus each time: a window that has it already is not brought to the front.
  const launch = async (other: string) => {
    const { pid } = held.slow({ ...sway.env, SLOW_FOLDER: join(held.folder, other) }, onWayland)
    await untilFocused(pid)
    expect(await held.slow({ ...sway.env, SLOW_ON_HELD: 'focus' }, onWayland).ended).toBe(0)
  }
  await launch('other')
  await untilFocused(owner.pid)
  held.command('ask')
  await waitFor('the dialog', () => isAsking() || undefined)
  await launch('another')
  await sleep(1_000)
  expect(isAlive(owner.pid)).toBe(true)
  expect(isAsking()).toBe(true)
})

test('a question with an early window appears, and SIGTERM ends the app with both', async ({ held }) => {
  held.replaceDatabase()
  const owner = held.slow({ ...sway.env, SLOW_EARLY: '1' }, onWayland)
  const namesOf = () => sway.windows().flatMap(({ pid, name }) => (pid === owner.pid ? [name] : []))
  await waitFor('the question and the window', () => {
    const names = namesOf()
    return (names.includes('Notes') && names.includes('Slow 1')) || undefined
  })
  expect(isAlive(owner.pid)).toBe(true)
  owner.kill('SIGTERM')
  expect(await owner.ended).toBe(0)
})
