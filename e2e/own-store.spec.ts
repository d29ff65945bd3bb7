// An app with a store of its own, instead of a database of the package.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'playwright/test'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import { press, waitForDialogOf, waitForWindowOf } from '../scripts/desktop/windows.mjs'
import { readOwner } from '../src/main/owner/owner-record-file.ts'
import { type Held, test } from './support/held.ts'
import { picture } from './support/picture.ts'
import { skipWhen } from './support/skip-when.ts'

test.beforeEach(() => skipWhen(process.platform !== 'linux', 'wmctrl is for X11 desktops'))

/** What a process of the app has logged. */
function logOf({ folder }: Held, pid: number): string[] {
  const path = join(folder, 'log')
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
  return lines.filter((line) => line.startsWith(`${pid} `)).map((line) => line.slice(`${pid} `.length))
}

function untilItLogs(held: Held, pid: number, line: string): Promise<true> {
  return waitFor(`the line "${line}"`, () => logOf(held, pid).includes(line) || undefined)
}

test('the store is open with its type, closed before the lock is released, and no database is created', async ({
  held,
}) => {
  const { app } = held.ownStore()
  await waitForWindowOf(app.pid, ({ title }) => title === 'Own store')
  await untilItLogs(held, app.pid, 'claim open')
  app.kill('SIGTERM')
  expect(await app.ended).toBe(0)
  expect(logOf(held, app.pid).slice(-2)).toEqual(['beforeClose', 'close'])
  expect(readdirSync(held.dataDir).filter((name) => name.includes('.db'))).toEqual([])
  expect(readOwner(held.dataDir, 'notes')).toBeUndefined()
  const next = held.ownStore()
  await untilItLogs(held, next.app.pid, 'store saved on quit')
})

test('an open that throws is shown in a dialog, and the app exits with code 1', async ({ held }) => {
  const { app, dialogs } = held.ownStore({ OWN_FAILS: '1' }, 'Quit')
  expect(await app.ended).toBe(1)
  expect((await dialogs.first()).detail).toContain('no such key')
  expect(logOf(held, app.pid)).not.toContain('beforeClose')
  expect(readOwner(held.dataDir, 'notes')).toBeUndefined()
})

test('queries and the store of a launch that is refused reject with the typed error', async ({ held }) => {
  const owner = held.ownStore({ OWN_DATABASE: '1' })
  await untilItLogs(held, owner.app.pid, 'claim open')
  await untilItLogs(held, owner.app.pid, 'rows 0')
  const second = held.ownStore({ OWN_DATABASE: '1' }, 'Quit')
  expect(await second.app.ended).toBe(75)
  const lines = logOf(held, second.app.pid)
  expect(lines).toContain('rows ERR_DATADIR_LOCKED')
  expect(lines).toContain('store ERR_DATADIR_LOCKED')
  expect(lines.filter((line) => line.startsWith('unhandled') || line.startsWith('open'))).toEqual([])
})

const server = { app: 'Notes', host: 'desk-12', user: 'ana', pid: 4711, since: new Date(0).toISOString() }

test('the held dialog names the process that uses a store elsewhere, and the app continues when the store is free', async ({
  held,
}) => {
  const elsewhere = join(held.folder, 'elsewhere')
  writeFileSync(elsewhere, JSON.stringify(server))
  const { app, dialogs } = held.ownStore({ DIALOG_REAL: '1' })
  const { message, detail } = await dialogs.first()
  expect(message).toBe('Your Notes data is already in use elsewhere.')
  expect(detail).toContain('Computer: desk-12\nUser: ana\nPID: 4711\n')
  await picture(await waitForDialogOf(app.pid), 'elsewhere')
  rmSync(elsewhere)
  await untilItLogs(held, app.pid, 'claim open')
  expect(dialogs.read()).toHaveLength(1)
})

test('Quit in the dialog of a store that is in use elsewhere ends the app with code 75', async ({ held }) => {
  writeFileSync(join(held.folder, 'elsewhere'), JSON.stringify(server))
  const { app } = held.ownStore({ DIALOG_REAL: '1' })
  await waitForDialogOf(app.pid)
  press('Escape')
  expect(await app.ended).toBe(75)
  expect(logOf(held, app.pid)).toContain('store ERR_DATADIR_HELD_ELSEWHERE')
  expect(readOwner(held.dataDir, 'notes')).toBeUndefined()
})

test('a quit ends an app whose store says at once that it is free, and is not', async ({ held }) => {
  writeFileSync(join(held.folder, 'elsewhere'), JSON.stringify(server))
  const { app, dialogs } = held.ownStore({ OWN_RELEASED: '1' })
  await dialogs.first()
  await waitFor('a second attempt', () => logOf(held, app.pid).filter((line) => line === 'open')[1])
  app.kill('SIGTERM')
  expect(await app.ended).toBe(75)
  expect(logOf(held, app.pid).filter((line) => line === 'open').length).toBeLessThan(50)
})

test('an app whose store never closes says on stderr why it does not exit', async ({ held }) => {
  const { app } = held.ownStore({ OWN_NEVER_CLOSES: '1' })
  await waitForWindowOf(app.pid, ({ title }) => title === 'Own store')
  await untilItLogs(held, app.pid, 'claim open')
  app.kill('SIGTERM')
  const isExplained = () => app.stderr().includes('Notes: it does not exit, because its data') || undefined
  await waitFor('the explanation', isExplained, 30_000)
})
