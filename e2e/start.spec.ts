import { join } from 'node:path'
import { expect } from 'playwright/test'
import { openNotes } from '../scripts/desktop/open-notes.mjs'
import { waitForWindowOf } from '../scripts/desktop/windows.mjs'
import { test } from './support/held.ts'
import { skipWhen } from './support/skip-when.ts'

test.beforeEach(() => skipWhen(process.platform !== 'linux', 'wmctrl is for X11 desktops'))

test('npm start prints that Notes is open, where its data is, and how to start it a second time', async ({
  held,
}) => {
  const printed: string[] = []
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env
  const args = [`--user-data-dir=${join(held.folder, 'a profile')}`]
  const app = openNotes(
    process.env.ELECTRON_PATH ?? '',
    { ...env, NOTES_DATA_DIR: held.dataDir },
    args,
    (text) => {
      printed.push(text)
    },
  )
  held.track(app)
  const lines = () => printed.join('').split('\n')
  await expect
    .poll(lines, { timeout: 60_000 })
    .toEqual([
      'Notes is open.',
      `Its data is in ${held.dataDir}`,
      `To start it a second time, run: npm start -- "${args[0]}" --data-dir=${held.dataDir}`,
      '',
    ])
  await waitForWindowOf(app.pid)
  app.kill('SIGTERM')
  expect(await app.ended).toBe(0)
  expect(lines()).toHaveLength(4)
})
