import { contextBridge, ipcRenderer } from 'electron'
import {
  CONNECT_CHANNEL,
  EVENT_CHANNEL,
  FLUSH_CHANNEL,
  FLUSHED_CHANNEL,
  type NotesBridge,
  type NotesEvent,
  type NotesOperations,
  operationChannel,
} from '../shared/notes-bridge.ts'

function operation<Name extends keyof NotesOperations>(name: Name): NotesBridge[Name] {
  const invoke = (...args: unknown[]) => ipcRenderer.invoke(operationChannel(name), ...args)
  return invoke as NotesBridge[Name]
}

const bridge: NotesBridge = {
  list: operation('list'),
  read: operation('read'),
  create: operation('create'),
  save: operation('save'),
  remove: operation('remove'),
  restore: operation('restore'),
  importFolder: operation('importFolder'),
  cancelImport: operation('cancelImport'),
  status: operation('status'),
  revealDataDir: operation('revealDataDir'),

  connect(page) {
    ipcRenderer.on(EVENT_CHANNEL, (_event, notesEvent: NotesEvent) => page.onEvent(notesEvent))
    ipcRenderer.on(FLUSH_CHANNEL, async () => {
      const saved = await page.flush().catch(() => false)
      ipcRenderer.send(FLUSHED_CHANNEL, saved)
    })
    ipcRenderer.send(CONNECT_CHANNEL)
  },
}

contextBridge.exposeInMainWorld('notes', bridge)
