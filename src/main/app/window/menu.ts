import { app, Menu, type MenuItemConstructorOptions } from 'electron'
import type { NotesCommand } from '../../../shared/notes/bridge.ts'

type Item = MenuItemConstructorOptions

/** Sets the application menu. `onCommand` sends a command to the page. */
export function setMenu(onCommand: (command: NotesCommand) => void): void {
  const item = (label: string, command: NotesCommand, accelerator?: string): Item => ({
    label,
    click: () => onCommand(command),
    ...(accelerator && { accelerator }),
  })
  const separator: Item = { type: 'separator' }
  const isMac = process.platform === 'darwin'

  const file: Item = {
    label: '&File',
    submenu: [
      item('&New Note', 'new', 'CmdOrCtrl+N'),
      item('&Import Folder…', 'import', 'CmdOrCtrl+O'),
      item('&Delete Note', 'delete'),
      separator,
      { role: isMac ? 'close' : 'quit' },
    ],
  }
  const edit: Item = {
    label: '&Edit',
    submenu: [
      // Not the roles, which act on the part of a long note that is drawn.
      item('&Undo', 'undo', 'CmdOrCtrl+Z'),
      item('&Redo', 'redo', isMac || process.platform === 'linux' ? 'CmdOrCtrl+Shift+Z' : 'CmdOrCtrl+Y'),
      separator,
      ...roles('cut', 'copy', 'paste'),
      item('Select &All', 'selectAll', 'CmdOrCtrl+A'),
      separator,
      item('&Find in Note', 'find', 'CmdOrCtrl+F'),
      item('&Search Notes', 'search', 'CmdOrCtrl+Shift+F'),
    ],
  }
  const developer: Item[] = app.isPackaged ? [] : [separator, { role: 'toggleDevTools' }]
  const view: Item = {
    label: '&View',
    submenu: [
      ...roles('resetZoom', 'zoomIn', 'zoomOut'),
      // A menu item has one key. These are the same keys elsewhere on a keyboard.
      hidden('resetZoom', 'CmdOrCtrl+num0'),
      hidden('zoomIn', 'CmdOrCtrl+='),
      hidden('zoomIn', 'CmdOrCtrl+numadd'),
      hidden('zoomOut', 'CmdOrCtrl+numsub'),
      separator,
      { role: 'togglefullscreen' },
      ...developer,
    ],
  }
  const macApp: Item[] = isMac ? [{ role: 'appMenu' }] : []
  Menu.setApplicationMenu(Menu.buildFromTemplate([...macApp, file, edit, view, { role: 'windowMenu' }]))
}

function hidden(role: NonNullable<Item['role']>, accelerator: string): Item {
  return { role, accelerator, visible: false, acceleratorWorksWhenHidden: true }
}

function roles(...names: NonNullable<Item['role']>[]): Item[] {
  return names.map((role) => ({ role }))
}
