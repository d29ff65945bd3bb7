// Every case of the held dialog: the packaged app's real GTK box with real keys, and its words.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'playwright/test'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import {
  activeWindow,
  type DesktopWindow,
  listWindows,
  press,
  untilGone,
  waitForDialogOf,
  waitForFocusOf,
  waitForWindowOf,
} from '../scripts/desktop/windows.mjs'
import { readOwner } from '../src/main/owner/owner-record-file.ts'
import { isAlive } from '../src/main/owner/process-stat.ts'
import { holdWithFlock } from './support/flock-command.ts'
import { type Held, test } from './support/held.ts'
import { picture } from './support/picture.ts'
import { skipWhen } from './support/skip-when.ts'

// BLOCK_SECONDS=60 is the long mode. Electron's own lock kills an owner that is blocked for 20 s.
const blockedMs = 1_000 * Number(process.env.BLOCK_SECONDS ?? 22)

test.beforeEach(() => skipWhen(process.platform !== 'linux', 'xdotool is for X11 desktops'))

/** Shows the real box, takes its picture, and closes it with Esc. */
async function pictureOf(held: Held, name: string): Promise<void> {
  const contender = held.packaged()
  await waitForFocusOf(contender.pid)
  const box = await waitForWindowOf(contender.pid)
  await picture(box, name)
  // The box is replaced when the owner does something else. The next one is closed too.
  let code: unknown
  void contender.ended.then((ended) => {
    code = ended
  })
  await waitFor('the end of the launch', async () => {
    if (code === undefined && activeWindow()?.pid === contender.pid) press('Escape')
    await sleep(200)
    return code
  })
  expect(code).toBe(75)
}

/** Returns what the dialog of another launch says, and ends that launch. */
async function wordsOf(held: Held) {
  const { app, dialogs } = held.logged()
  const { message, detail = '', buttons = [] } = await dialogs.first()
  app.kill('SIGKILL')
  await app.ended
  return { message, detail, buttons }
}

function widthOf({ id }: DesktopWindow): number {
  const { stdout } = spawnSync('xwininfo', ['-id', String(id)], { encoding: 'utf8' })
  return Number(/Width: (\d+)/.exec(stdout)?.[1])
}

function pressEach(...keys: string[]): void {
  for (const key of keys) press(key)
}

async function readyNotes(held: Held): Promise<DesktopWindow> {
  const owner = held.packaged()
  const window = await waitForWindowOf(owner.pid)
  await held.untilOwner(owner.pid, 'ready')
  return window
}

test('Enter shows an owner that answers', async ({ held }) => {
  const owner = await readyNotes(held)
  const words = await wordsOf(held)
  expect(words.message).toBe('Notes is already open.')
  expect(words.detail).toMatch(new RegExp(`^PID: ${owner.pid}$`, 'm'))
  expect(words.detail).toContain(`Data folder: ${held.dataDir}`)
  expect(words.buttons).toEqual(['Show Notes', 'Copy Details', 'Quit'])
  await pictureOf(held, 'answering')

  const contender = held.packaged()
  const box = await waitForFocusOf(contender.pid)
  await untilGone(box, () => press('Return'))
  expect(await contender.ended).toBe(0)
  expect((await waitForFocusOf(owner.pid)).id).toBe(owner.id)
})

test('an owner that is another app has its own name in the dialog', async ({ held }) => {
  const owner = held.slow({ SLOW_NAME: 'Old Notes' })
  await held.untilOwner(owner.pid, 'ready')
  const words = await wordsOf(held)
  expect(words.message).toBe('Old Notes is using your Notes data.')
  expect(words.buttons).toEqual(['Show Old Notes', 'Copy Details', 'Quit'])
  await pictureOf(held, 'another-app')
})

test('a long name and a long path leave the buttons on the screen, and a letter with Alt presses one', async ({
  held,
}) => {
  const folder = join(held.folder, 'f'.repeat(220))
  mkdirSync(folder)
  const env = { SLOW_FOLDER: folder, SLOW_NAME: `my_notes & \u202e${'n'.repeat(220)}` }
  const owner = held.slow(env)
  await waitFor('the owner', () => readOwner(join(folder, 'data'), 'notes')?.state === 'ready' || undefined)
  const { app, dialogs } = held.loggedSlow({ ...env, DIALOG_REAL: '1' })
  const { message, buttons } = await dialogs.first()
  expect(message).toMatch(/^my_notes & \?n+\u200bn+…/)
  expect(buttons?.[0]).toMatch(/^Show my_notes & \?n+…$/)
  const box = await waitForDialogOf(app.pid)
  await picture(box, 'long-names')
  expect(widthOf(box)).toBeLessThan(1000)
  await untilGone(box, () => press('alt+s'))
  expect(await app.ended).toBe(0)
  await waitForFocusOf(owner.pid)
})

test('Copy Details copies the text of the dialog to the clipboard, and the dialog stays open', async ({
  held,
}) => {
  const owner = await readyNotes(held)
  const contender = held.packaged()
  const box = await waitForFocusOf(contender.pid)
  await untilGone(box, () => pressEach('Tab', 'Return'))
  const again = await waitForFocusOf(contender.pid)
  const copied = held.clipboard()
  expect(copied).toContain(`Notes is already open.\nPID: ${owner.pid}\n`)
  expect(copied).toContain(`Data folder: ${held.dataDir}`)
  await untilGone(again, () => press('Escape'))
  expect(await contender.ended).toBe(75)
})

test('on a German desktop the real box is in German', async ({ held }) => {
  const owner = await readyNotes(held)
  const env = { LANG: 'de_DE.UTF-8', LANGUAGE: 'de', DIALOG_REAL: '1' }
  const { app, dialogs } = held.logged({ env })
  const { message, detail, buttons } = await dialogs.first()
  expect(message).toBe('Notes ist bereits geöffnet.')
  expect(detail).toContain(`PID: ${owner.pid}\n`)
  expect(detail).toContain(`Datenordner: ${held.dataDir}`)
  expect(buttons).toEqual(['Notes anzeigen', 'Details kopieren', 'Schließen'])
  const box = await waitForFocusOf(app.pid)
  await picture(box, 'german')
  await untilGone(box, () => press('Escape'))
  expect(await app.ended).toBe(75)
})

test('the dialog says that the owner is starting, and follows it until it is ready', async ({ held }) => {
  const owner = held.slow({ SLOW_START_MS: '9000' })
  await held.untilOwner(owner.pid, 'starting')
  const { app, dialogs } = held.logged({ env: { DIALOG_REAL: '1' } })
  const words = await dialogs.first()
  await picture(await waitForDialogOf(app.pid), 'starting')
  expect(words.message).toBe('Notes is starting.')
  expect(words.buttons).toEqual(['Show Notes', 'Copy Details', 'Quit'])
  expect((await dialogs.untilItSays(/already open/)).detail).toContain(`PID: ${owner.pid}\n`)
})

test('the dialog says that the owner updates its data, and how far it is', async ({ held }) => {
  const owner = held.slow({ SLOW_MIGRATIONS: '3', SLOW_MIGRATION_MS: '8000' })
  await held.untilOwner(owner.pid, 'migrating')
  const { app, dialogs } = held.logged({ env: { DIALOG_REAL: '1' } })
  await dialogs.untilItSays(/^Notes is updating its data \(\d of 3 steps done\)\.$/)
  await picture(await waitForDialogOf(app.pid), 'migrating')
  await dialogs.untilItSays(/\([12] of 3 steps done\)/)
  await dialogs.untilItSays(/already open/)
  expect(isAlive(owner.pid)).toBe(true)
})

test('an owner whose main thread is blocked is in the dialog long before it is free, runs on, and one press shows it', async ({
  held,
}) => {
  test.setTimeout(90_000 + blockedMs)
  const owner = held.slow()
  await held.untilOwner(owner.pid, 'ready')
  await waitForWindowOf(owner.pid)
  await held.block()
  // The same launch from here to the press, with a real box. The text of each box is written to a file.
  const { app, dialogs } = held.loggedSlow({ DIALOG_REAL: '1' })
  // From the moment the launch meets the owner: how long Electron needs until then depends on the machine.
  await expect.poll(() => app.stderr(), { intervals: [20], timeout: 30_000 }).toContain('ERR_DATADIR_LOCKED')
  const met = performance.now()
  const words = await dialogs.first()
  const blocked = await waitForDialogOf(app.pid)
  expect(performance.now() - met).toBeLessThan(blockedMs / 2)
  expect(words.message).toBe('Notes isn’t responding.')
  expect(words.detail).toMatch(new RegExp(`^PID: ${owner.pid}\nNot responding since: \\d`, 'm'))
  expect(words.buttons).toEqual(['Try Again', 'End Process…', 'Copy Details', 'Quit'])
  await picture(blocked, 'blocked')
  await sleep(met + blockedMs - performance.now())
  expect(dialogs.read()).toHaveLength(1)
  held.command('unblock')
  // The dialog of the same launch, when the owner answers again. Nobody has pressed a button.
  await dialogs.untilItSays(/already open/)
  expect(isAlive(owner.pid)).toBe(true)
  const box = await waitFor('the box that says so', async () => {
    const box = await waitForDialogOf(app.pid)
    return box.id === blocked.id ? undefined : box
  })
  expect(dialogs.read()).toHaveLength(2)
  await untilGone(box, () => press('Return'))
  expect(await app.ended).toBe(0)
  await waitForFocusOf(owner.pid)
})

test('the dialog says that a stopped owner does not answer, and the owner runs on', async ({ held }) => {
  const { pid } = await readyNotes(held)
  process.kill(pid, 'SIGSTOP')
  const words = await wordsOf(held)
  expect(words.message).toBe('Notes isn’t responding.')
  expect(words.detail).toContain(`PID: ${pid}\n`)
  await pictureOf(held, 'stopped')
  process.kill(pid, 'SIGCONT')
  expect(isAlive(pid)).toBe(true)
  expect((await wordsOf(held)).message).toBe('Notes is already open.')
})

/** A launch that has met a stopped owner, and whose user has pressed End Process. */
async function untilSecondQuestion(held: Held) {
  const { pid } = await readyNotes(held)
  process.kill(pid, 'SIGSTOP')
  const { app: contender, dialogs } = held.logged({ env: { DIALOG_REAL: '1' } })
  const box = await waitForFocusOf(contender.pid)
  await untilGone(box, () => pressEach('Tab', 'Return'))
  const question = await waitForFocusOf(contender.pid)
  return { pid, contender, dialogs, box, question }
}

test('End Process asks a second time, ends a stopped owner, and the launch opens the app', async ({
  held,
}) => {
  const { pid, contender, dialogs, box, question } = await untilSecondQuestion(held)
  expect(question.id).not.toBe(box.id)
  await picture(question, 'end-process')
  expect(isAlive(pid)).toBe(true)
  await untilGone(question, () => pressEach('shift+Tab', 'Return'))
  await held.untilOwner(contender.pid, 'ready')
  // The kernel releases the lock a moment before the process is gone.
  await expect.poll(() => isAlive(pid)).toBe(false)
  // A stopped process does not take SIGTERM, so it is ended 5 s later.
  expect(dialogs.read().at(-1)?.message).toBe('The process of Notes is ending.')
  await waitForWindowOf(contender.pid)
})

test('Enter in the second question does not end the owner', async ({ held }) => {
  const { pid, contender, question } = await untilSecondQuestion(held)
  await untilGone(question, () => press('Return'))
  const again = await waitForFocusOf(contender.pid)
  await untilGone(again, () => press('Escape'))
  expect(await contender.ended).toBe(75)
  expect(isAlive(pid)).toBe(true)
})

test('the second question closes when the owner answers', async ({ held }) => {
  const { pid, contender, question } = await untilSecondQuestion(held)
  process.kill(pid, 'SIGCONT')
  await untilGone(question, () => undefined)
  const again = await waitForFocusOf(contender.pid)
  await untilGone(again, () => press('Return'))
  expect(await contender.ended).toBe(0)
  expect(isAlive(pid)).toBe(true)
})

test('a signal ends the launch while the dialog is open, and the exit code says that nothing was handed over', async ({
  held,
}) => {
  const owner = held.slow()
  await held.untilOwner(owner.pid, 'ready')
  const { app } = held.loggedSlow({ DIALOG_REAL: '1' })
  await waitForDialogOf(app.pid)
  app.kill('SIGTERM')
  expect(await app.ended).toBe(75)
  expect(isAlive(owner.pid)).toBe(true)
})

test('a holder that takes no requests is named, and when it ends the launch opens the app', async ({
  held,
}) => {
  const holder = await holdWithFlock(held.dataDir)
  const words = await wordsOf(held)
  expect(words.message).toBe('flock is using your Notes data.')
  expect(words.detail).toContain(`PID: ${holder.pid}\n`)
  expect(words.buttons).toEqual(['Try Again', 'Copy Details', 'Quit'])
  await pictureOf(held, 'no-server')

  const contender = held.packaged()
  const box = await waitForFocusOf(contender.pid)
  holder.kill()
  await held.untilOwner(contender.pid, 'ready')
  const window = await waitForWindowOf(contender.pid, ({ id }) => id !== box.id)
  expect(listWindows().map(({ id }) => id)).toEqual([window.id])
})

test('a launch waits without a dialog for an owner that is closing', async ({ held }) => {
  await held.closing(4_000)
  const { app, dialogs } = held.logged()
  await held.untilOwner(app.pid, 'ready')
  expect(dialogs.read()).toEqual([])
})

test('the dialog says that an owner is closing for long, and when it has closed the launch opens the app', async ({
  held,
}) => {
  const owner = await held.closing(60_000)
  const { app, dialogs } = held.logged()
  const contender = held.packaged()
  const words = await dialogs.untilItSays(/./, 40_000)
  expect(words.message).toBe('Notes is quitting.')
  app.kill('SIGKILL')
  const box = await waitForFocusOf(contender.pid)
  await picture(box, 'quitting')
  owner.kill('SIGKILL')
  await held.untilOwner(contender.pid, 'ready')
  await waitForWindowOf(contender.pid, ({ id }) => id !== box.id)
})

test('in a container the dialog names an owner outside, and says that its PID is valid there', async ({
  held,
}) => {
  const namespace = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child']
  skipWhen(
    spawnSync('unshare', [...namespace.slice(1), 'true']).status !== 0,
    'no PID namespace may be made here',
  )
  const owner = await readyNotes(held)
  const { app, dialogs } = held.logged({ under: namespace, env: { DIALOG_REAL: '1' } })
  const { detail, buttons } = await dialogs.first()
  expect(detail).toContain(`PID: ${owner.pid}\n`)
  expect(detail).toContain('The PID is valid only there.')
  expect(buttons).not.toContain('End Process…')
  // The window has a PID of the container.
  const box = await waitFor('the box', () => listWindows().find(({ id }) => id !== owner.id))
  await picture(box, 'other-namespace')
  await untilGone(box, () => press('Return'))
  expect(await app.ended).toBe(0)
  expect((await waitForFocusOf(owner.pid)).id).toBe(owner.id)
})
