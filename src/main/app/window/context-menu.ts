import { type BrowserWindow, Menu, type MenuItemConstructorOptions } from 'electron'
import type { NotesCommand } from '../../../shared/notes/bridge.ts'

type Item = MenuItemConstructorOptions

/** Shows the usual menu of a text field, and of a selected text. `onCommand` sends a command to the page. */
export function offerContextMenu(window: BrowserWindow, onCommand: (command: NotesCommand) => void): void {
  const item = (label: string, command: NotesCommand): Item => ({ label, click: () => onCommand(command) })
  window.webContents.on('context-menu', (_event, { isEditable, editFlags, selectionText }) => {
    const items: Item[] = isEditable
      ? [
          item('Undo', 'undo'),
          item('Redo', 'redo'),
          { type: 'separator' },
          { role: 'cut', enabled: editFlags.canCut },
          { role: 'copy', enabled: editFlags.canCopy },
          { role: 'paste', enabled: editFlags.canPaste },
          { type: 'separator' },
          item('Select All', 'selectAll'),
        ]
      : selectionText.trim() === ''
        ? []
        : [{ role: 'copy' }]
    if (items.length > 0) Menu.buildFromTemplate(items).popup({ window })
  })
}
