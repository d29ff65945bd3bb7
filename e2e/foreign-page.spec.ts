import { expect } from 'playwright/test'
import type { NotesBridge } from '../src/shared/notes/bridge.ts'
import { test } from './support/notes.ts'

test('a page reaches named operations only, and only when it is the app’s own page', async ({ notes }) => {
  const { app, page } = await notes.drive()
  const ask = () =>
    page.evaluate(async () => {
      const { notes: bridge } = globalThis as unknown as { notes: NotesBridge }
      const node = ['require', 'process', 'ipcRenderer'].filter((name) => name in globalThis)
      return { operations: Object.keys(bridge).sort(), node, list: await bridge.list('', { offset: 0 }) }
    })
  const own = await ask()
  expect(own.operations).toEqual([
    'cancelImport',
    'connect',
    'count',
    'create',
    'importFiles',
    'importFolder',
    'lastNote',
    'list',
    'position',
    'read',
    'rememberNote',
    'remove',
    'restart',
    'restore',
    'revealDataDir',
    'save',
    'status',
  ])
  expect(own.node).toEqual([])
  expect(own.list).toMatchObject({ ok: true })

  await app.evaluate(async ({ BrowserWindow }) => {
    await BrowserWindow.getAllWindows()[0]?.webContents.loadURL('data:text/html,<title>Foreign</title>')
  })
  await expect(page).toHaveTitle('Foreign')
  const foreign = await ask()
  expect(foreign.operations).toEqual(own.operations)
  expect(foreign.list).toEqual({
    ok: false,
    error: { code: 'forbidden', message: 'This page may not do that.' },
  })
})
