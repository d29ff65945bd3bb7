// The buttons of the dialog about a folder that cannot be used: real boxes and real keys.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect } from 'playwright/test'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import { listWindows, press, untilGone, waitForDialogOf } from '../scripts/desktop/windows.mjs'
import { readOwner } from '../src/main/owner/owner-record-file.ts'
import { type Held, test } from './support/held.ts'
import { picture } from './support/picture.ts'
import { skipWhen } from './support/skip-when.ts'

test.beforeEach(() => skipWhen(process.platform !== 'linux', 'xdotool is for X11 desktops'))

/** A file manager that only writes which folder it gets. */
function fileManager(held: Held): { readonly env: Record<string, string>; opened(): string | undefined } {
  const bin = join(held.folder, 'bin')
  const log = join(held.folder, 'opened')
  mkdirSync(bin)
  writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\nprintf %s "$1" > '${log}'\n`)
  chmodSync(join(bin, 'xdg-open'), 0o755)
  return {
    env: { PATH: [bin, process.env.PATH].join(delimiter) },
    opened: () => (existsSync(log) ? readFileSync(log, 'utf8') : undefined),
  }
}

test('Open Folder leaves the question open, and Choose Another Folder goes on with that folder', async ({
  held,
}) => {
  writeFileSync(held.dataDir, 'precious')
  const manager = fileManager(held)
  const chosen = join(held.folder, 'chosen')
  const { app, dialogs } = held.loggedSlow({
    ...manager.env,
    SLOW_EARLY: '1',
    SLOW_CHOOSES: chosen,
    SLOW_LOCALE: 'de',
    DIALOG_REAL: '1',
  })
  const first = await waitForDialogOf(app.pid)
  await picture(first, 'in-the-way-german')
  await untilGone(first, () => press('alt+o'))
  expect(await waitFor('the file manager', manager.opened)).toBe(held.folder)

  const again = await waitForDialogOf(app.pid)
  await untilGone(again, () => press('alt+a'))
  await waitFor('the app', () => readOwner(chosen, 'notes')?.state === 'ready' || undefined)
  expect(listWindows().filter(({ pid }) => pid === app.pid)).toHaveLength(1)
  expect(readFileSync(held.dataDir, 'utf8')).toBe('precious')
  expect(dialogs.read()).toMatchObject(
    Array(2).fill({
      message: 'Wo die Daten von Notes liegen sollten, befindet sich etwas anderes.',
      detail: expect.stringContaining(`Ort: ${held.dataDir}\n`),
      buttons: [
        'Erneut versuchen',
        'Anderen Ordner wählen …',
        'Ordner öffnen',
        'Details kopieren',
        'Schließen',
      ],
      defaultId: 0,
      cancelId: 4,
    }),
  )
})

test('Notes keeps its data in the folder that the user chooses, also for the next launch', async ({
  held,
}) => {
  const profile = join(held.folder, 'profile')
  mkdirSync(profile)
  writeFileSync(join(profile, 'data'), 'not a folder')
  const env = { NOTES_DATA_DIR: '', DIALOG_FOLDER: held.folder }
  const owner = held.logged({ press: 'Choose Another Folder…', env })
  const chosen = join(held.folder, 'Notes')
  await waitFor('Notes', () => readOwner(chosen, 'notes')?.state === 'ready' || undefined)
  expect(owner.dialogs.read()).toHaveLength(1)

  const contender = held.logged({ press: 'Show Notes', env })
  expect(await contender.app.ended).toBe(0)
  expect(contender.dialogs.read()).toMatchObject([{ message: expect.stringContaining('already open') }])
})
