// @ts-check
// Prints the text of the clipboard as JSON, and ends.
import { app, clipboard } from 'electron'

void app.whenReady().then(() => {
  console.log(JSON.stringify(clipboard.readText()))
  app.quit()
})
