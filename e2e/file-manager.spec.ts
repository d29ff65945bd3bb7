// Double-clicks in a real file manager, on the app's desktop entry and on a Markdown file.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'playwright/test'
import { switches } from '../scripts/desktop/start-app.mjs'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import {
  close,
  listWindows,
  press,
  untilGone,
  waitForFocusOf,
  waitForWindowOf,
} from '../scripts/desktop/windows.mjs'
import { installDesktopEntry } from '../scripts/package/desktop-entry.mjs'
import { isAlive } from '../src/main/owner/process-stat.ts'
import { doubleClick, openFolder, whyNoFileManager } from './support/file-manager.ts'
import { type Held, test } from './support/held.ts'
import { skipWhen } from './support/skip-when.ts'

const reason = whyNoFileManager()
test.beforeEach(() => skipWhen(reason !== undefined, reason ?? ''))

// Where pcmanfm's first icon is, in pixels from the upper left corner of its window.
const firstIcon = { x: 206, y: 95 }

/** A user whose Markdown files open with the packaged Notes. */
function homeOf(held: Held) {
  const env = {
    ...process.env,
    NOTES_DATA_DIR: held.dataDir,
    XDG_DATA_HOME: join(held.folder, 'share'),
    XDG_CONFIG_HOME: join(held.folder, 'config'),
  }
  const entry = installDesktopEntry(dirname(process.env.PACKAGED_APP ?? ''), env.XDG_DATA_HOME, switches)
  const settings = join(env.XDG_CONFIG_HOME, 'libfm')
  mkdirSync(settings, { recursive: true })
  // Without this, pcmanfm asks whether to run or to edit a desktop entry.
  writeFileSync(join(settings, 'libfm.conf'), '[config]\nsingle_click=0\nquick_exec=1\n')
  return { env, entry }
}

async function folderWith(held: Held, name: string, env: NodeJS.ProcessEnv, fill: (folder: string) => void) {
  const folder = join(held.folder, name)
  mkdirSync(folder)
  fill(folder)
  const { process, window } = await openFolder(folder, env)
  held.track(process)
  // The icons appear a moment after the window.
  await sleep(1_500)
  return window
}

const windowsOfNotes = () => listWindows().filter(({ title }) => /Notes$/.test(title))

test('a double-click on the desktop entry opens Notes, and a second one brings it to the front', async ({
  held,
}) => {
  const { env, entry } = homeOf(held)
  const files = await folderWith(held, 'entries', env, (folder) =>
    copyFileSync(entry, join(folder, 'notes.desktop')),
  )
  await doubleClick(files, firstIcon)
  const owner = await waitFor('Notes', () => windowsOfNotes()[0])
  held.track({ kill: () => isAlive(owner.pid) && process.kill(owner.pid, 'SIGKILL') })
  await held.untilOwner(owner.pid, 'ready')
  await waitForFocusOf(owner.pid)

  await doubleClick(files, firstIcon)
  const box = await waitFor('the dialog', () => windowsOfNotes().find(({ pid }) => pid !== owner.pid))
  await waitForFocusOf(box.pid)
  await untilGone(box, () => press('Return'))
  expect((await waitForFocusOf(owner.pid)).id).toBe(owner.id)
  expect(windowsOfNotes()).toHaveLength(1)
  close(owner)
  await waitFor('the end of Notes', () => (isAlive(owner.pid) ? undefined : true))
})

test('a file that is double-clicked while the owner is starting is opened in it exactly once', async ({
  held,
}) => {
  const { env } = homeOf(held)
  const files = await folderWith(held, 'files', env, (folder) =>
    writeFileSync(join(folder, 'A plan.md'), '# A plan\n'),
  )
  const owner = held.slow({ SLOW_START_MS: '9000' })
  await held.untilOwner(owner.pid, 'starting')
  await doubleClick(files, firstIcon)
  const window = await waitForWindowOf(owner.pid, ({ title }) => title.includes('A plan.md'))
  await sleep(2_000)
  // Each file of each launch adds its name.
  expect(listWindows().find(({ id }) => id === window.id)?.title).toBe('Slow 1 + A plan.md')
})
