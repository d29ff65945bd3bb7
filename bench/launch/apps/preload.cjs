// @ts-check
const { contextBridge, ipcRenderer } = require('electron')

contextBridge.exposeInMainWorld('launch', {
  ask: () => ipcRenderer.invoke('ask'),
  shown: () => ipcRenderer.send('shown'),
})
