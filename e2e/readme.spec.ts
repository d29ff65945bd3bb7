// The app on the first screen of README.md, as it is pasted.
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect } from 'playwright/test'
import { waitForWindowOf } from '../scripts/desktop/windows.mjs'
import { test } from './support/held.ts'
import { skipWhen } from './support/skip-when.ts'

const root = resolve(import.meta.dirname, '..')

test.beforeEach(() => skipWhen(process.platform !== 'linux', 'wmctrl is for X11 desktops'))

test('the first program of README.md opens its window and its database, and a second launch shows that window', async ({
  held,
  builtPackage,
}) => {
  const [, program = ''] = readFileSync(join(root, 'README.md'), 'utf8').match(/```ts\n(.*?)```/s) ?? []
  const app = join(held.folder, 'app')
  const installed = join(app, 'node_modules/electron-datadir')
  mkdirSync(dirname(installed), { recursive: true })
  symlinkSync(builtPackage, installed)
  writeFileSync(join(app, 'package.json'), '{ "name": "readme", "main": "main.mjs" }')
  // No package.json of the compiled package says which file is the entry point.
  writeFileSync(
    join(app, 'main.mjs'),
    program.replace("'electron-datadir'", "'electron-datadir/main/api.js'"),
  )
  const owner = held.launch(app)
  await waitForWindowOf(owner.app.pid, () => true)
  const database = join(held.folder, 'config/readme/data/app.db')
  await expect.poll(() => existsSync(database)).toBe(true)
  const second = held.launch(app, 'Show readme')
  expect(await second.app.ended).toBe(0)
  expect(second.dialogs.read()[0]?.message).toBe('readme is already open.')
})
