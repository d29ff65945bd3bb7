import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'playwright/test'
import { waitFor } from '../scripts/desktop/wait-for.mjs'
import { press, untilGone, waitForDialogOf } from '../scripts/desktop/windows.mjs'
import { readOwner } from '../src/main/owner/owner-record-file.ts'
import { type DrivenNotes, test } from './support/notes.ts'
import { skipWhen } from './support/skip-when.ts'
import { startNote } from './support/start-note.ts'

async function write({ page }: DrivenNotes, text: string): Promise<void> {
  await startNote(page, text)
  await expect(page).toHaveTitle(`${text} — Notes`)
}

test('a launch finds what the launch before it wrote', async ({ notes }) => {
  const first = await notes.drive()
  await write(first, 'Oat milk')
  await first.app.close()
  const second = await notes.drive()
  await expect(second.page.getByText('Oat milk').first()).toBeVisible()
})

test('a data directory with spaces and letters of any script works', async ({ notes }) => {
  notes.dataDir = join(notes.folder, 'Meine Notizen – 日本語 ñ')
  const first = await notes.drive()
  await write(first, 'Ünïcödé')
  expect(readOwner(notes.dataDir, 'notes')?.pid).toBe(first.pid)
  await first.app.close()
  const second = await notes.drive()
  await expect(second.page.getByText('Ünïcödé').first()).toBeVisible()
})

test('after the owner was killed, the next launch works', async ({ notes }) => {
  const first = await notes.drive()
  await write(first, 'Survives')
  await expect(first.page.getByText('Saved')).toBeVisible()
  const ended = once(first.app.process(), 'exit')
  first.app.process().kill('SIGKILL')
  await ended
  const second = await notes.drive()
  await expect(second.page.getByText('Survives').first()).toBeVisible()
  expect(readOwner(notes.dataDir, 'notes')?.pid).toBe(second.pid)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`on ${signal} server, database and lock are closed, and the last words are kept`, async ({
    notes,
  }) => {
    const first = await notes.drive()
    await write(first, `Before ${signal}`)
    const ended = once(first.app.process(), 'exit')
    first.app.process().kill(signal)
    expect(await ended).toEqual([0, null])
    expectClosed(notes.dataDir)
    const second = await notes.drive()
    await expect(second.page.getByText(`Before ${signal}`).first()).toBeVisible()
  })
}

test('a vetoed quit leaves the directory owned, and the quit that follows closes it', async ({ notes }) => {
  const { app, pid } = await notes.drive()
  await app.evaluate(({ BrowserWindow, app: electronApp }) => {
    const test = globalThis as { vetoes?: number; allowed?: boolean }
    test.vetoes = 0
    BrowserWindow.getAllWindows()[0]?.on('close', (event) => {
      if (test.allowed) return
      event.preventDefault()
      test.vetoes = (test.vetoes ?? 0) + 1
    })
    electronApp.quit()
  })
  // The first time, Notes itself delays the close until the page has saved. The second time is the veto alone.
  await waitFor('the veto', async () => {
    const vetoes = await app.evaluate(() => (globalThis as { vetoes?: number }).vetoes)
    return vetoes === 2 || undefined
  })
  expect(readOwner(notes.dataDir, 'notes')).toMatchObject({ pid, state: 'ready' })
  expect(existsSync(join(notes.dataDir, 'notes.sock'))).toBe(true)
  await app.evaluate(() => {
    ;(globalThis as { allowed?: boolean }).allowed = true
  })
  await app.close()
  expectClosed(notes.dataDir)
})

function expectClosed(dataDir: string): void {
  expect(existsSync(join(dataDir, 'notes.sock'))).toBe(false)
  expect(existsSync(join(dataDir, 'notes.db-wal'))).toBe(false)
  expect(readOwner(dataDir, 'notes')).toBeUndefined()
}

test('a page that crashes is loaded again once, and then the user decides', async ({ notes }) => {
  const driven = await notes.drive()
  await write(driven, 'Survives')
  await expect(driven.page.getByText('Saved')).toBeVisible()
  const { app, pid } = driven
  const textOfPage = () =>
    app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript('document.body.innerText'),
    )
  const crash = () =>
    app.evaluate(({ BrowserWindow }) => {
      const pid = BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId()
      // PID 0 would be every process of this group.
      if (!pid) throw new Error('the page has no process')
      process.kill(pid, 'SIGKILL')
    })
  await app.evaluate(({ BrowserWindow }) => {
    const loads = { count: 0 }
    Object.assign(globalThis, { loads })
    BrowserWindow.getAllWindows()[0]?.webContents.on('did-finish-load', () => {
      loads.count++
    })
  })
  // A script for a page that is gone is never answered.
  const loads = () => app.evaluate(() => (globalThis as unknown as { loads: { count: number } }).loads.count)
  await crash()
  await expect.poll(loads).toBe(1)
  await expect.poll(textOfPage).toContain('Survives')
  await crash()
  skipWhen(process.platform !== 'linux', 'xdotool is for X11 desktops')
  await untilGone(await waitForDialogOf(pid), () => press('Return'))
  await expect.poll(loads).toBe(2)
  await expect.poll(textOfPage).toContain('Survives')
})

test('Undo brings back every note that was just deleted', async ({ notes }) => {
  const driven = await notes.drive()
  const { page } = driven
  for (const text of ['First', 'Second', 'Third']) await write(driven, text)
  const rows = page.getByRole('listbox', { name: 'Notes' }).getByRole('option')
  await expect(rows).toHaveCount(3)
  for (const left of [2, 1]) {
    await page.getByRole('button', { name: 'Delete note' }).click()
    await expect(rows).toHaveCount(left)
  }
  await expect(page.getByText('2 notes deleted')).toBeVisible()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(rows).toHaveCount(3)
})

test('a right click in the title or the text offers the usual menu', async ({ notes }) => {
  const driven = await notes.drive()
  await write(driven, 'Words')
  await driven.app.evaluate(({ Menu }) => {
    Menu.prototype.popup = function (this: Electron.Menu) {
      Object.assign(globalThis, { labels: this.items.map(({ label }) => label) })
    }
  })
  const labels = () =>
    driven.app.evaluate(() => {
      const test = globalThis as { labels?: string[] }
      const { labels } = test
      delete test.labels
      return labels
    })
  for (const field of ['Title', 'Text']) {
    await driven.page.getByLabel(field, { exact: true }).click({ button: 'right' })
    await expect.poll(labels).toEqual(['Undo', 'Redo', '', 'Cut', 'Copy', 'Paste', '', 'Select All'])
  }
})
