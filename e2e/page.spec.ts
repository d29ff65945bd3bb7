// The page of Notes: what it can load, its editor, its window.
import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import axe from 'axe-core'
import { type ElectronApplication, expect } from 'playwright/test'
import { press, waitForFocusOf, waitForWindowOf } from '../scripts/desktop/windows.mjs'
import { EVENT_CHANNEL, type NotesBridge, type NotesEvent } from '../src/shared/notes/bridge.ts'
import { type DrivenNotes, test } from './support/notes.ts'
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
  await expect(page.getByText(/^A note can have at most 10,000,000 characters\./)).toBeVisible()
  await expect(text).toHaveText('# PlanBuy **oat** milk')
  const title = page.getByLabel('Title')
  await title.focus()
  await page.keyboard.insertText('y'.repeat(1_001))
  await expect(page.getByText(/^A title can have at most 1,000 characters\./)).toBeVisible()
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
    await expect(page.getByText('No matches')).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(find).toBeHidden()
    await expect(text).toBeFocused()
    press('ctrl+f')
    await expect(find).toHaveValue('oat')
    await page.keyboard.press('Escape')
  }
  await page.keyboard.press('Tab')
  await expect(text).not.toBeFocused()
  await expect(text).toHaveText('New lineBuy **oat** milk')
})

test('a key acts on the note that is chosen, and typed words stay, however long the main process takes', async ({
  notes,
}) => {
  const { app, page } = await notes.drive()
  const list = page.getByRole('listbox', { name: 'Notes' })
  const title = page.getByLabel('Title')
  const text = page.getByLabel('Text', { exact: true })
  const option = (name: string) => page.getByRole('option', { name })
  await startNote(page, 'Alpha')
  await startNote(page, 'Beta')
  await text.focus()
  await page.keyboard.type('Text of Beta')
  await expect(page.getByText('Saved')).toBeVisible()

  // The chosen note opens when the other one is saved.
  let release = await hold(app, 'notes:save')
  await page.keyboard.type(' and more')
  await page.keyboard.press('Escape')
  await expect(list).toBeFocused()
  await page.keyboard.press('ArrowDown')
  await expect(option('Alpha')).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('Delete')
  await release()
  await expect(page.getByText('Note deleted')).toBeVisible()
  await expect(option('Alpha')).toHaveCount(0)
  await expect(option('Beta')).toHaveCount(1)
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(title).toHaveValue('Alpha')

  // Back to the note that is still shown.
  release = await hold(app, 'notes:save')
  await text.focus()
  await page.keyboard.type('Text of Alpha')
  await option('Beta').click()
  await option('Alpha').click()
  await release()
  await expect(page.getByText('Saved')).toBeVisible()
  await expect(title).toHaveValue('Alpha')
  await expect(option('Alpha')).toHaveAttribute('aria-selected', 'true')

  // An older text arrives late.
  release = await hold(app, 'notes:read')
  await app.evaluate(({ BrowserWindow }, channel) => {
    const result = { added: 0, updated: 1, unchanged: 0, skipped: 0, skippedFiles: [], canceled: false }
    BrowserWindow.getAllWindows()[0]?.webContents.send(channel, { type: 'imported', result })
  }, EVENT_CHANNEL)
  await expect.poll(() => app.evaluate(() => (globalThis as { isHeld?: boolean }).isHeld)).toBe(true)
  await text.focus()
  await page.keyboard.type(', typed meanwhile')
  await page.keyboard.press('Escape')
  await expect(page.getByText('Saved')).toBeVisible()
  await release()
  await page.evaluate(() => (globalThis as unknown as { notes: NotesBridge }).notes.count(''))
  await expect(text).toHaveText('Text of Alpha, typed meanwhile')
})

test('axe finds nothing in the page, light and dark', async ({ notes }) => {
  const { app, page } = await notes.drive()
  const send = (event: NotesEvent) =>
    app.evaluate(
      ({ BrowserWindow }, [channel, sent]) =>
        BrowserWindow.getAllWindows()[0]?.webContents.send(channel as string, sent),
      [EVENT_CHANNEL, event] as const,
    )
  await page.evaluate(axe.source)
  const check = async (what: string) => {
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme })
      if (process.env.DIALOG_PICTURES)
        await page.screenshot({ path: `test-results/page/${what}-${theme}.png`, animations: 'disabled' })
      const violations = await page.evaluate<string[]>(`axe.run(document).then(({ violations }) =>
        violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.html + ' ' + node.failureSummary)))`)
      expect(violations, `${what}, ${theme}`).toEqual([])
    }
  }

  await check('empty')
  await startNote(page, 'Shopping')
  await page.keyboard.press('Enter')
  await page.keyboard.type(
    '# Market\n\nBuy **oat** milk, *fresh*, ~~no~~ `eggs`, [more](https://example.org).\n\n> quoted\n\n- [ ] one\n- two\n',
  )
  await startNote(page, 'Empty')
  await page.getByRole('option', { name: 'Shopping' }).click()
  await page.getByRole('button', { name: 'Delete note' }).hover()
  await check('note')
  await send({ type: 'command', command: 'find' })
  await expect(page.getByRole('textbox', { name: 'Find in note' })).toBeFocused()
  await page.keyboard.type('a')
  await page.keyboard.press('Enter')
  await send({ type: 'import-progress', progress: { done: 3, total: 10 } })
  await check('find-and-import')
  const search = page.getByLabel('Search notes')
  await search.fill('milk')
  await expect(page.getByRole('option')).toHaveCount(1)
  await check('search')
  await search.fill('nothing has this word')
  await expect(page.getByText('No notes found for')).toBeVisible()
  await check('no-hits')
  await search.fill('')
  await page.getByRole('button', { name: 'Delete note' }).click()
  await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible()
  await page.getByRole('button', { name: 'Undo' }).focus()
  await page.locator('#damage').evaluate((notice: { hidden: boolean }) => {
    notice.hidden = false
  })
  await check('toast-and-damage')
})

test('the window comes back as it was, with its note and its zoom, and takes dropped files', async ({
  notes,
}) => {
  const first = await notes.drive()
  const boundsOf = ({ app }: DrivenNotes) =>
    app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getNormalBounds())
  const zoomOf = ({ app }: DrivenNotes) =>
    app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getZoomLevel())
  await expect(first.page.getByRole('heading', { level: 1, name: 'Notes' })).toBeAttached()

  // A drop on the text imports the file too. It neither inserts the text of the file nor navigates.
  await startNote(first.page, 'Before')
  const folder = join(notes.folder, 'dropped')
  mkdirSync(join(folder, 'sub'), { recursive: true })
  writeFileSync(join(folder, 'dropped.md'), '# Dropped\n\nfrom a file\n')
  writeFileSync(join(folder, 'sub', 'inner.txt'), 'inner words')
  writeFileSync(join(folder, 'picture.png'), 'no text')
  const drop = async (...paths: string[]) => {
    const devTools = await first.page.context().newCDPSession(first.page)
    const box = await first.page.getByLabel('Text', { exact: true }).boundingBox()
    const data = { items: [], files: paths, dragOperationsMask: 1 }
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
      await devTools.send('Input.dispatchDragEvent', {
        type,
        x: (box?.x ?? 0) + 50,
        y: (box?.y ?? 0) + 20,
        data,
      })
  }
  await drop(join(folder, 'dropped.md'), join(folder, 'picture.png'))
  await expect(first.page.getByText('1 note added')).toBeVisible()
  await expect(first.page).toHaveTitle('Dropped — Notes')
  await drop(folder)
  await expect(first.page.getByText('1 note added, 1 already up to date')).toBeVisible()
  expect(first.page.url()).toBe('app://notes/index.html')
  await first.page.getByRole('option', { name: 'inner words' }).click()
  await expect(first.page).toHaveTitle('inner — Notes')

  await first.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.setBounds({ x: 60, y: 80, width: 820, height: 560 }),
  )
  await expect.poll(() => boundsOf(first)).toMatchObject({ width: 820, height: 560 })
  const before = await boundsOf(first)
  if (process.platform === 'linux') {
    await waitForFocusOf(first.pid)
    for (const [keys, level] of [
      ['ctrl+plus', 0.5],
      ['ctrl+KP_Subtract', 0],
      ['ctrl+minus', -0.5],
      ['ctrl+0', 0],
      ['ctrl+KP_Add', 0.5],
      ['ctrl+KP_0', 0],
      ['ctrl+equal', 0.5],
    ] as const) {
      press(keys)
      await expect.poll(() => zoomOf(first), keys).toBe(level)
    }
  }
  await first.app.close()

  const second = await notes.drive()
  await expect(second.page).toHaveTitle('inner — Notes')
  expect(await boundsOf(second)).toEqual(before)
  if (process.platform === 'linux') expect(await zoomOf(second)).toBe(0.5)
  await expect(second.page.getByText('Lock held since')).toBeVisible()
  await second.app.evaluate(({ BrowserWindow, dialog }) => {
    dialog.showMessageBox = async () => ({ response: 1, checkboxChecked: false })
    BrowserWindow.getAllWindows()[0]?.maximize()
  })
  await second.page.getByRole('button', { name: 'New note' }).click()
  await second.app.close()
  const third = await notes.drive()
  const isMaximized = () =>
    third.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isMaximized())
  await expect.poll(isMaximized).toBe(true)
  expect(await boundsOf(third)).toMatchObject({ width: 820, height: 560 })

  if (process.platform === 'linux') {
    // Electron's own icon is smaller.
    const { id } = await waitForWindowOf(third.pid)
    const size = ['-len', '8', '-id', String(id), '-f', '_NET_WM_ICON', '32c', '_NET_WM_ICON']
    const hasIcon = () => execFileSync('xprop', size, { encoding: 'utf8' }).includes('= 512')
    await expect.poll(hasIcon).toBe(true)
  }

  // A lost lock is in the status line, too.
  await third.app.evaluate(({ dialog }) => {
    dialog.showMessageBox = async () => ({ response: 1, checkboxChecked: false })
  })
  renameSync(notes.dataDir, `${notes.dataDir}-moved`)
  await expect(third.page.getByText('Notes can no longer save.')).toBeVisible()
})

/** The next answers of an operation wait for the returned function. Electron has no public way to replace a handler. */
async function hold(app: ElectronApplication, channel: string): Promise<() => Promise<void>> {
  await app.evaluate(({ BrowserWindow }, held) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents
    const ipc = contents?.ipc as unknown as { _invokeHandlers: Map<string, (...args: unknown[]) => unknown> }
    const handler = ipc._invokeHandlers.get(held)
    if (!handler) throw new Error(`No handler for ${held}`)
    const state = globalThis as { isHeld?: boolean; release?: () => void }
    state.isHeld = false
    const released = new Promise<void>((resolve) => {
      state.release = () => {
        ipc._invokeHandlers.set(held, handler)
        resolve()
      }
    })
    ipc._invokeHandlers.set(held, async (...args) => {
      const answer = await handler(...args)
      state.isHeld = true
      await released
      return answer
    })
  }, channel)
  return () => app.evaluate(() => (globalThis as { release?: () => void }).release?.())
}
