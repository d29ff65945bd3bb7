// @ts-check
// The smallest app with one instance: electronjs.org/docs/latest/api/app#apprequestsingleinstancelockadditionaldata
import { app } from 'electron'
import { openWindow } from '../window.mjs'

if (app.requestSingleInstanceLock()) {
  /** @type {import('electron').BrowserWindow | undefined} */
  let window
  app.on('second-instance', () => window?.focus())
  app.whenReady().then(() => {
    window = openWindow(async () => 'An answer.')
  })
} else {
  app.quit()
}
