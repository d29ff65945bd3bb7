// The page of Notes: what it can load, its editor, its window.
import { expect } from 'playwright/test'
import { press, waitForFocusOf } from '../scripts/desktop/windows.mjs'
import { EVENT_CHANNEL, type NotesBridge } from '../src/shared/notes/bridge.ts'
import { test } from './support/notes.ts'
import { startNote } from './support/start-note.ts'

test('the page is loaded from its own scheme, which has its files and no others', async ({ notes }) => {
  const { app, page } = await notes.drive()
  expect(page.url()).toBe('app://notes/index.html')
  const fetchedByPage = (address: string) =>
    page.evaluate((url) => fetch(url).then((answer) => answer.text(), String), address)
  const addresses = [
    'file:///etc/passwd',
    'app://notes/..%2f..%2f..%2f..%2fetc/passwd',
    'app://notes/index.html',
  ]
  for (const address of addresses) expect(await fetchedByPage(address)).toBe('TypeError: Failed to fetch')

  // The main process has no content policy in its way.
  const statusOf = (address: string) =>
    app.evaluate(async ({ net }, url) => (await net.fetch(url)).status, address)
  expect(await statusOf('app://notes/index.html')).toBe(200)
  for (const refused of ['..%2fmain%2findex.js', '..%2fpackage.json', 'none.js', '%ff.js'])
    expect(await statusOf(`app://notes/${refused}`), refused).toBe(404)
  expect(await statusOf('app://elsewhere/index.html')).toBe(404)

  const policies = await app.evaluate(async ({ net }) => {
    const policy = async () =>
      (await net.fetch('app://notes/index.html')).headers.get('content-security-policy')
    return [await policy(), await policy()]
  })
  expect(policies[0]).toContain("default-src 'none'")
  expect(policies[0]).not.toContain('unsafe')
  expect(policies[0]).not.toBe(policies[1])
})

test('the editor finds, undoes, refuses what is too long, and keeps the caret when the note changes', async ({
  notes,
}) => {
  const { app, page, pid } = await notes.drive()
  await startNote(page, 'First')
  const text = page.getByLabel('Text', { exact: true })
  await page.keyboard.press('Enter')
  await expect(text).toBeFocused()
  await page.keyboard.type('# Plan\nBuy **oat** milk')
  await expect(page.locator('.md-strong:not(.md-mark)')).toHaveText('oat')
  // CodeMirror's styles are an element that the content policy must allow.
  await expect(page.locator('.cm-content')).toHaveCSS('white-space', 'break-spaces')
  await expect(page.getByText('Saved')).toBeVisible()

  // What is too long is refused as a whole.
  await app.evaluate(({ BrowserWindow, clipboard }) => {
    clipboard.writeText('x'.repeat(10_000_001))
    BrowserWindow.getAllWindows()[0]?.webContents.paste()
  })
  await expect(page.getByText(/^A note can have 10,000,000 characters\./)).toBeVisible()
  await expect(text).toHaveText('# PlanBuy **oat** milk')
  const title = page.getByLabel('Title')
  await title.focus()
  await page.keyboard.insertText('y'.repeat(1_001))
  await expect(page.getByText(/^A title can have 1,000 characters\./)).toBeVisible()
  await expect(title).toHaveValue('First')

  // A change from outside keeps the caret, and the note's own undo leaves that change alone.
  await text.focus()
  await page.keyboard.press('ControlOrMeta+End')
  await page.evaluate(async () => {
    const { notes: bridge } = globalThis as unknown as { notes: NotesBridge }
    const list = await bridge.list('', { offset: 0 })
    if (list.ok)
      await bridge.save(list.value[0]?.id ?? 0, { title: 'First', body: 'New line\nBuy **oat** milk' })
  })
  await app.evaluate(({ BrowserWindow }, channel) => {
    const result = { added: 0, updated: 1, unchanged: 0, skipped: 0, skippedFiles: [], canceled: false }
    BrowserWindow.getAllWindows()[0]?.webContents.send(channel, { type: 'imported', result })
  }, EVENT_CHANNEL)
  await expect(text).toHaveText('New lineBuy **oat** milk')
  await page.keyboard.type(' today')
  await expect(text).toHaveText('New lineBuy **oat** milk today')

  // Each note has its own history, also after another note was open.
  await startNote(page, 'Second')
  await page.keyboard.press('Enter')
  await page.keyboard.press('ControlOrMeta+Z')
  await expect(text).toHaveText('Write something…')
  await page.getByRole('option', { name: 'First' }).click()
  await expect(title).toHaveValue('First')
  await text.focus()
  await page.keyboard.press('ControlOrMeta+Z')
  await expect(text).toHaveText('New lineBuy **oat** milk')

  // Ctrl+F is for the note, Ctrl+Shift+F for the list. Esc leaves first the one, then the other. Tab leaves the text.
  if (process.platform === 'linux') {
    await waitForFocusOf(pid)
    press('ctrl+shift+f')
    await expect(page.getByLabel('Search notes')).toBeFocused()
    press('ctrl+f')
    const find = page.getByRole('textbox', { name: 'Find in note' })
    await expect(find).toBeFocused()
    await page.keyboard.type('OAT')
    await page.keyboard.press('Enter')
    await expect(page.locator('.cm-searchMatch-selected')).toHaveText('oat')
    await page.keyboard.type('zzz')
    await page.keyboard.press('Enter')
    await expect(page.getByText('Not found')).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(find).toBeHidden()
    await expect(text).toBeFocused()
  }
  await page.keyboard.press('Tab')
  await expect(text).not.toBeFocused()
  await expect(text).toHaveText('New lineBuy **oat** milk')
})
