// An owner whose windows are on another screen than the launch: two X servers.
import { expect } from 'playwright/test'
import { openVirtualDisplay } from '../scripts/desktop/virtual-display.mjs'
import { waitForFocusOf, waitForWindowOf } from '../scripts/desktop/windows.mjs'
import { type Held, test } from './support/held.ts'
import { skipWhen } from './support/skip-when.ts'

test.beforeEach(() => skipWhen(process.platform !== 'linux', 'X servers are for Linux'))

async function ready(held: Held) {
  const owner = held.slow()
  await held.untilOwner(owner.pid, 'ready')
  await waitForWindowOf(owner.pid)
  return owner
}

const elsewhere = `It is open on another screen or in another session (${process.env.DISPLAY}). If you show it, its window comes to the front there, not here.`

test('the dialog of a launch on another screen says so before anything is handed over, and Show hands the launch over', async ({
  held,
}) => {
  const other = await openVirtualDisplay()
  try {
    const owner = await ready(held)
    const asked = held.loggedSlow({ ...other.env, SLOW_ON_HELD: 'focus' }, undefined, [import.meta.filename])
    const dialog = await asked.dialogs.first()
    expect(dialog.message).toBe('Notes is already open.')
    expect(dialog.detail).toContain(elsewhere)
    expect(dialog.buttons).toEqual(['Show Notes', 'Copy Details', 'Quit'])
    expect((await waitForWindowOf(owner.pid)).title).toBe('Slow 1')
    asked.app.kill('SIGKILL')
    await asked.app.ended

    const german = held.loggedSlow({ ...other.env, SLOW_LOCALE: 'de' }, 'Notes anzeigen', [
      import.meta.filename,
    ])
    expect(await german.app.ended).toBe(0)
    expect(german.dialogs.read()[0]?.detail).toContain('Das Programm ist auf einem anderen Bildschirm')
    await waitForWindowOf(owner.pid, ({ title }) => title === 'Slow 1 + screens.spec.ts')
    await waitForFocusOf(owner.pid)
  } finally {
    other.close()
  }
})

test('a launch without a screen is handed over, and stderr says where the window is', async ({ held }) => {
  await ready(held)
  const launch = held.slow({ SLOW_ON_HELD: 'focus', DISPLAY: '' })
  expect(await launch.ended).toBe(0)
  expect(launch.stderr()).toContain(`Notes is already open. Its window is on ${process.env.DISPLAY}.`)
})

test('the dialog of a launch on the same screen says nothing about screens', async ({ held }) => {
  await ready(held)
  const { dialogs } = held.loggedSlow({ DISPLAY: `${process.env.DISPLAY}.0` })
  expect((await dialogs.first()).detail).not.toContain('another screen')
})
