import { app, Menu, type MenuItemConstructorOptions } from 'electron'
import type { NotesCommand } from '../../../shared/notes-bridge.ts'

/** The application menu. The page does what `onCommand` tells it. */
export function setMenu(onCommand: (command: NotesCommand) => void): void {
  const item = (label: string, command: NotesCommand, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    click: () => onCommand(command),
    ...(accelerator && { accelerator }),
  })
  const separator: MenuItemConstructorOptions = { type: 'separator' }
  const isMac = process.platform === 'darwin'

  const file: MenuItemConstructorOptions = {
    label: '&File',
    submenu: [
      item('&New Note', 'new', 'CmdOrCtrl+N'),
      item('&Import Folder…', 'import', 'CmdOrCtrl+O'),
      item('&Delete Note', 'delete'),
      separator,
      { role: isMac ? 'close' : 'quit' },
    ],
  }
  const edit: MenuItemConstructorOptions = {
    label: '&Edit',
    submenu: [
      { role: 'undo' },
      { role: 'redo' },
      separator,
      { role: 'cut' },
      { role: 'copy' },
      { role: 'paste' },
      { role: 'selectAll' },
      separator,
      item('&Find', 'find', 'CmdOrCtrl+F'),
    ],
  }
  const view: MenuItemConstructorOptions = {
    label: '&View',
    submenu: [
      { role: 'resetZoom' },
      { role: 'zoomIn' },
      { role: 'zoomOut' },
      separator,
      { role: 'togglefullscreen' },
      ...developerItems(),
    ],
  }
  const macApp: MenuItemConstructorOptions[] = isMac ? [{ role: 'appMenu' }] : []
  Menu.setApplicationMenu(Menu.buildFromTemplate([...macApp, file, edit, view, { role: 'windowMenu' }]))
}

function developerItems(): MenuItemConstructorOptions[] {
  return app.isPackaged ? [] : [{ type: 'separator' }, { role: 'toggleDevTools' }]
}
