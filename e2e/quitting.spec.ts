// An app's own will-quit listener, and every way to quit.
import { chmodSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect } from 'playwright/test'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import { close, listWindows, waitForWindowOf } from '../scripts/desktop/windows.mjs'
import { readOwner } from '../src/main/owner/owner-record-file.ts'
import { isAlive } from '../src/main/owner/process-stat.ts'
import { type Held, test } from './support/held.ts'
import { runScript } from './support/run-script.ts'
import { skipWhen } from './support/skip-when.ts'

test.beforeEach(() => skipWhen(process.platform !== 'linux', 'wmctrl is for X11 desktops'))

async function ready(held: Held, env: Record<string, string>) {
  const app = held.slow(env)
  await held.untilOwner(app.pid, 'ready')
  await waitForWindowOf(app.pid, ({ title }) => title === 'Slow 1')
  return app
}

/** What the app wrote to its database while it quit is there. */
function expectFlushed({ dataDir }: Held): void {
  const path = join(dataDir, 'notes.db')
  runScript("new (require('better-sqlite3'))(process.argv[1]).exec('select id from flushed')", path)
}

function expectClosed({ dataDir }: Pick<Held, 'dataDir'>): void {
  expect(existsSync(join(dataDir, 'notes.sock'))).toBe(false)
  expect(existsSync(join(dataDir, 'notes.db-wal'))).toBe(false)
  expect(readOwner(dataDir, 'notes')).toBeUndefined()
}

test('a listener of will-quit that prevents the quit can write to the database and quit again', async ({
  held,
}) => {
  const app = await ready(held, { SLOW_FLUSH: 'quit' })
  close(await waitForWindowOf(app.pid))
  expect(await app.ended).toBe(0)
  expectClosed(held)
  expectFlushed(held)
})

test('after SIGTERM, a listener of will-quit that is added during the quit can write to the database, too', async ({
  held,
}) => {
  const app = await ready(held, { SLOW_FLUSH: 'quit', SLOW_FLUSH_LATE: '1' })
  app.kill('SIGTERM')
  expect(await app.ended).toBe(0)
  expectClosed(held)
  expectFlushed(held)
})

test('two copies of the package in one app both close before it ends', async ({ held, builtPackage }) => {
  const copy = join(dirname(builtPackage), `${basename(builtPackage)}-copy`)
  cpSync(builtPackage, copy, { recursive: true })
  const second = { dataDir: join(held.folder, 'second') }
  try {
    const app = await ready(held, { SLOW_SECOND_API: join(copy, 'main', 'api.js') })
    await waitFor(
      'the second claim',
      () => readOwner(second.dataDir, 'notes')?.state === 'ready' || undefined,
    )
    held.command('quit')
    expect(await app.ended).toBe(0)
  } finally {
    rmSync(copy, { recursive: true })
  }
  expectClosed(held)
  expectClosed(second)
})

test('closing the last window closes everything', async ({ held }) => {
  const app = await ready(held, {})
  close(await waitForWindowOf(app.pid))
  expect(await app.ended).toBe(0)
  expectClosed(held)
})

test('an app that ends with app.exit() keeps what it has written, and the next launch opens', async ({
  held,
}) => {
  const app = await ready(held, {})
  held.command('exit')
  expect(await app.ended).toBe(3)
  const next = await ready(held, { SLOW_FLUSH: 'exit' })
  next.kill('SIGTERM')
  expect(await next.ended).toBe(0)
  expect(existsSync(join(held.folder, 'flushed'))).toBe(true)
  const last = await ready(held, {})
  held.command('quit')
  expect(await last.ended).toBe(0)
  expectClosed(held)
  expectFlushed(held)
})

test('an app that prevents the quit and does not quit again stays the owner, and answers', async ({
  held,
}) => {
  const app = await ready(held, { SLOW_FLUSH: 'never' })
  held.command('quit')
  await waitFor('the flush', () => existsSync(join(held.folder, 'flushed')) || undefined)
  expect(readOwner(held.dataDir, 'notes')).toMatchObject({ pid: app.pid, state: 'ready' })
  // The quit has closed its window.
  const { dialogs } = held.loggedSlow({ SLOW_ON_HELD: 'focus' })
  expect((await dialogs.first()).detail).toContain('It has no window to show.')
})

test('a refused launch ends after its own listener of will-quit, or after 5 s if the listener never quits', async ({
  held,
}) => {
  await ready(held, {})
  const refused = held.loggedSlow({ SLOW_FLUSH: 'quit' }, 'Quit')
  expect(await refused.app.ended).toBe(75)
  expect(existsSync(join(held.folder, 'flushed'))).toBe(true)
  const stuck = held.loggedSlow({ SLOW_FLUSH: 'never' }, 'Quit')
  expect(await stuck.app.ended).toBe(75)
})

test('relaunch() starts the AppImage that the user has started, after the flush', async ({ held }) => {
  const image = join(held.folder, 'Notes.AppImage')
  const electron = process.env.ELECTRON_PATH ?? ''
  writeFileSync(image, `#!/bin/sh\necho "$@" > "${image}.started"\nSLOW_FLUSH= exec "${electron}" "$@"\n`)
  chmodSync(image, 0o755)
  const app = await ready(held, {
    SLOW_FLUSH: 'quit',
    APPIMAGE: image,
    APPDIR: join(electron, '..'),
  })
  held.command('relaunch 1')
  expect(await app.ended).toBe(0)
  const owner = await waitFor('another owner', () => {
    const owner = readOwner(held.dataDir, 'notes')
    return owner?.state === 'ready' && owner.pid !== app.pid ? owner : undefined
  })
  held.track({ kill: (signal) => isAlive(owner.pid) && process.kill(owner.pid, signal) })
  expect(readFileSync(`${image}.started`, 'utf8')).toContain('e2e/apps/slow')
  await waitForWindowOf(owner.pid)
  expect(listWindows().map(({ pid }) => pid)).toEqual([owner.pid])
  expectFlushed(held)
})
