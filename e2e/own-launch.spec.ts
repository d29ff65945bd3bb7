// What a process was started with, and what becomes of a large launch.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'playwright/test'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import { listWindows, waitForWindowOf } from '../scripts/desktop/windows.mjs'
import { type Held, migrated, test } from './support/held.ts'
import { runScript } from './support/run-script.ts'
import { skipWhen } from './support/skip-when.ts'

test.beforeEach(() => skipWhen(process.platform !== 'linux', 'wmctrl is for X11 desktops'))

const focus = { SLOW_ON_HELD: 'focus' }

/** The launches that the slow app got in `onLaunch`. */
function launchesOf({ folder }: Held): { files: string[]; urls: string[] }[] {
  const path = join(folder, 'launches.jsonl')
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

const untilLaunches = (held: Held, count: number) =>
  waitFor(`${count} launches`, () => {
    const launches = launchesOf(held)
    return launches.length >= count ? launches : undefined
  })

test('the file and the link that an app is started with reach onLaunch, before what comes later', async ({
  held,
}) => {
  const own = join(held.folder, 'own.md')
  writeFileSync(own, '')
  const slowStart = { ...migrated(1), SLOW_MIGRATION_MS: '2000', SLOW_OPENS: '/event.md' }
  const owner = held.slow(slowStart, [own, 'notes://open/7'])
  await held.untilOwner(owner.pid, 'migrating')
  expect(await held.slow(focus, [import.meta.filename]).ended).toBe(0)
  expect(await untilLaunches(held, 3)).toEqual([
    { files: [own], urls: ['notes://open/7'] },
    { files: ['/event.md'], urls: [] },
    { files: [import.meta.filename], urls: [] },
  ])
  await waitForWindowOf(owner.pid, ({ title }) => title === 'Slow 1 + own.md + event.md + own-launch.spec.ts')
})

test('a start without files and links does not call onLaunch, and a launch of 70 kB arrives complete', async ({
  held,
}) => {
  const owner = held.slow()
  await held.untilOwner(owner.pid, 'ready')
  const link = `notes://open?text=${'x'.repeat(70_000)}`
  expect(await held.slow(focus, [link]).ended).toBe(0)
  expect(await untilLaunches(held, 1)).toEqual([{ files: [], urls: [link] }])

  const parts = Array.from({ length: 12 }, (_, part) => `notes:${part}${'x'.repeat(100_000)}`)
  const refused = held.loggedSlow(focus, 'Quit', parts)
  expect(await refused.app.ended).toBe(75)
  const [dialog] = refused.dialogs.read()
  expect(dialog?.detail).toContain('Too many files were opened at once, or the link is too long.')
  expect(refused.app.stderr()).toContain('the link is too long (over 1 MiB)')
  expect(launchesOf(held)).toHaveLength(1)
})

test('Notes opens a file that it is started with once', async ({ held }) => {
  const file = join(held.folder, 'plan.md')
  writeFileSync(file, '# The plan\n')
  const { app } = held.logged({ args: [file] })
  await waitForWindowOf(app.pid, ({ title }) => title === 'The plan — Notes')
  const script = `const db = new (require('better-sqlite3'))(process.argv[1])
    const notes = db.prepare('select title from notes').pluck().all()
    if (notes.join() !== 'The plan') throw new Error(notes)`
  runScript(script, join(held.dataDir, 'notes.db'))
})

// Only the name of the platform is replaced: there is no installer here.
test('a process that Squirrel has started touches nothing, shows nothing, and ends by itself', async ({
  held,
}) => {
  const { app, dialogs } = held.loggedSlow({ SLOW_PLATFORM: 'win32', SLOW_EARLY: '1' }, '', [
    '--squirrel-install',
    '1.2.3',
  ])
  let seen = 0
  const look = setInterval(() => {
    seen += listWindows().filter(({ pid }) => pid === app.pid).length
  }, 100)
  expect(await app.ended).toBe(0)
  clearInterval(look)
  expect({ seen, dialogs: dialogs.read(), touched: existsSync(held.dataDir) }).toEqual({
    seen: 0,
    dialogs: [],
    touched: false,
  })
})
