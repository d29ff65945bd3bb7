// Several launches that meet the same owner: one box for all of them.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'playwright/test'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import {
  activeWindow,
  listWindows,
  press,
  waitForDialogOf,
  waitForWindowOf,
} from '../scripts/desktop/windows.mjs'
import { type Held, type LoggedLaunch, test } from './support/held.ts'
import { picture } from './support/picture.ts'
import { skipWhen } from './support/skip-when.ts'

test.beforeEach(() => skipWhen(process.platform !== 'linux', 'wmctrl is for X11 desktops'))

async function ready(held: Held): Promise<number> {
  const { pid } = held.slow()
  await held.untilOwner(pid, 'ready')
  await waitForWindowOf(pid)
  return pid
}

/** Starts launches that show real boxes, each with a file of its own. Resolves when all of them share one. */
async function launch(held: Held, count: number): Promise<LoggedLaunch[]> {
  const start = (index: number) => {
    const file = join(held.folder, `${index}.md`)
    writeFileSync(file, '')
    return held.loggedSlow({ DIALOG_REAL: '1' }, '', [file])
  }
  const first = start(0)
  await waitForDialogOf(first.app.pid)
  const launches = [first, ...Array.from({ length: count - 1 }, (_, index) => start(index + 1))]
  // Each launch that joins brings the box to the front: it is closed and shown again.
  await waitFor('all launches at one box', () => first.dialogs.read().length >= count || undefined)
  expect(launches.map(({ dialogs }) => dialogs.read().length > 0)).toEqual([
    true,
    ...Array.from({ length: count - 1 }, () => false),
  ])
  return launches
}

const boxesOf = (launches: LoggedLaunch[]) =>
  listWindows().filter(({ pid }) => launches.some(({ app }) => app.pid === pid))

/** Presses a key in the box of any of the launches until all have ended. */
async function pressUntilEnd(launches: LoggedLaunch[], key: string) {
  const ended = Promise.all(launches.map(({ app }) => app.ended))
  await waitFor('the end of all launches', async () => {
    if (launches.some(({ app }) => app.pid === activeWindow()?.pid)) press(key)
    return Promise.race([ended, new Promise<undefined>((resolve) => setTimeout(resolve, 300, undefined))])
  })
  return ended
}

test('four launches show one box that names their files, and Show hands each of them over', async ({
  held,
}) => {
  const owner = await ready(held)
  const launches = await launch(held, 4)
  const [first] = launches
  const box = await waitForDialogOf(first?.app.pid ?? 0)
  expect(boxesOf(launches)).toHaveLength(1)
  expect(first?.dialogs.read().at(-1)?.detail).toMatch(
    new RegExp(`^Files to open: 0\\.md and 3 more\\nPID: ${owner}$`, 'm'),
  )
  await picture(box, 'several-launches')
  expect(await pressUntilEnd(launches, 'Return')).toEqual([0, 0, 0, 0])
  const lines = readFileSync(join(held.folder, 'launches.jsonl'), 'utf8').trim().split('\n')
  const files = lines.flatMap((line) => (JSON.parse(line) as { files: string[] }).files)
  expect(files.toSorted()).toEqual([0, 1, 2, 3].map((index) => join(held.folder, `${index}.md`)))
})

test('if the process with the box is killed, another one shows it, Quit ends all, and a later launch shows a box', async ({
  held,
}) => {
  await ready(held)
  const launches = await launch(held, 3)
  const [first, ...others] = launches
  first?.app.kill('SIGKILL')
  expect(await first?.app.ended).toBe('SIGKILL')
  await waitFor('the box of another launch', () => boxesOf(others)[0])
  await waitFor('both at one box', () => {
    const counts = others.map(({ dialogs }) => dialogs.read().length)
    return (counts.includes(0) && counts.some((count) => count >= 2)) || undefined
  })
  expect(boxesOf(others)).toHaveLength(1)
  expect(await pressUntilEnd(others, 'Escape')).toEqual([75, 75])
  const later = held.loggedSlow({})
  expect((await later.dialogs.first()).message).toBe('Notes is already open.')
})

test('if the owner ends, one of the launches opens the app, and the others are handed over to it', async ({
  held,
}) => {
  // Four apps start, two of them one after another.
  test.setTimeout(300_000)
  await ready(held)
  const launches = await launch(held, 3)
  held.command('quit')
  const [first, ...others] = launches
  expect(await Promise.all(others.map(({ app }) => app.ended))).toEqual([0, 0])
  await held.untilOwner(first?.app.pid ?? 0, 'ready')
})
