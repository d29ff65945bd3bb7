// Dialogs as pages, which screen readers can read on Linux.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import { expect, type Page } from 'playwright/test'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import { press, waitForFocusOf } from '../scripts/desktop/windows.mjs'
import { openReaderSession, whyNoAccessibleTree } from './support/accessible-tree.ts'
import { type Held, test } from './support/held.ts'
import { picture } from './support/picture.ts'
import { skipWhen } from './support/skip-when.ts'

test.beforeEach(() => skipWhen(process.platform !== 'linux', 'wmctrl is for X11 desktops'))

const html = { SLOW_DIALOGS: 'html' }
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

async function ready(held: Held): Promise<number> {
  const { pid } = held.slow()
  await held.untilOwner(pid, 'ready')
  return pid
}

async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  const { violations } = (await page.evaluate('axe.run()')) as AxeResults
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

test('the dialog as a page has no fault that axe finds, and its text follows the owner in the same window', async ({
  held,
}) => {
  const pid = await ready(held)
  const app = await held.drivenSlow(html)
  const page = await app.firstWindow()
  const box = page.getByRole('alertdialog', { name: 'Notes is already open.' })
  await expect(box).toHaveAccessibleDescription(new RegExp(`PID: ${pid} Version: 1\\.2\\.3 .*Data folder:`))
  await expect(page.getByRole('button')).toHaveText(['Show Notes', 'Copy Details', 'Quit'])
  await expect(page.getByRole('button', { name: 'Show Notes' })).toBeFocused()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await violationsOf(page)).toEqual([])
  }
  await page.getByRole('button', { name: 'Quit' }).focus()
  await held.block()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Notes isn’t responding.')
  await expect(page.getByRole('button', { name: 'Try Again' })).toBeFocused()
  held.command('unblock')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Notes is already open.')
  expect(app.windows()).toHaveLength(1)
  const ended = once(app.process(), 'exit')
  // The page is gone before the key is up.
  await page.keyboard.press('Escape').catch(() => undefined)
  expect((await ended)[0]).toBe(75)
})

test('the keys of the dialog as a page are those of a native one', async ({ held }) => {
  // It starts three apps, one after another.
  test.setTimeout(300_000)
  const pid = await ready(held)
  const contender = held.slow(html)
  const box = await waitForFocusOf(contender.pid)
  await picture(box, 'page')
  press('alt+c')
  await expect.poll(() => held.clipboard()).toContain(`Notes is already open.\nPID: ${pid}\n`)
  expect((await waitForFocusOf(contender.pid)).id).toBe(box.id)
  for (let step = 0; step < 4; step++) press('ctrl+plus')
  await picture(box, 'page-zoomed')
  press('shift+Tab')
  press('Return')
  expect(await contender.ended).toBe(0)
  await waitForFocusOf(pid)

  const german = held.slow({ ...html, SLOW_LOCALE: 'de' })
  await picture(await waitForFocusOf(german.pid), 'page-german')
  press('alt+s')
  expect(await german.ended).toBe(75)
})

test('if a screen reader is enabled, the dialog is a page, and the reader gets its text and its buttons', async ({
  held,
}) => {
  // Each name in the tree is a call of a command.
  test.setTimeout(300_000)
  const reason = whyNoAccessibleTree()
  skipWhen(reason !== undefined, reason ?? '')
  const pid = await ready(held)
  const session = await openReaderSession()
  held.track(session.process)
  const contender = held.slow(session.env)
  await waitForFocusOf(contender.pid)
  const look = () => {
    const names = session.names()
    return names.includes('push button: Quit') ? names : undefined
  }
  const names = await waitFor('the page in the tree', look, 120_000)
  expect(names).toContain('heading: Notes is already open.')
  expect(names.join('\n')).toContain(`PID: ${pid}`)
  expect(names).toContain('push button: Show Notes')
})
