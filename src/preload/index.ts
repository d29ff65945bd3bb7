import { contextBridge, ipcRenderer, webUtils } from 'electron'
import {
  CONNECT_CHANNEL,
  EVENT_CHANNEL,
  FLUSH_CHANNEL,
  FLUSHED_CHANNEL,
  type NotesBridge,
  type NotesEvent,
  type NotesOperations,
  OPERATIONS_PREFIX,
} from '../shared/notes/bridge.ts'
import { operationsBridge } from './operations-bridge.ts'

const { importPaths, ...operations } = operationsBridge<NotesOperations>(OPERATIONS_PREFIX, {
  list: true,
  count: true,
  position: true,
  read: true,
  create: true,
  save: true,
  remove: true,
  restore: true,
  importFolder: true,
  cancelImport: true,
  status: true,
  revealDataDir: true,
  restart: true,
  importPaths: true,
  lastNote: true,
  rememberNote: true,
})

const bridge: NotesBridge = {
  ...operations,

  // Only a file that the user has chosen or dropped has a path. So the page cannot read others.
  importFiles: (files) => importPaths(files.map((file) => webUtils.getPathForFile(file)).filter(Boolean)),

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
