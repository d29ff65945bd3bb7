// Notes, the example app: all of its startup. It uses the package as an app does, through its public API only.
import { join, resolve } from 'node:path'
import { app } from 'electron'
import { claimDataDir } from './api.ts'
import { chooseDataDir, givenDataDir, notesDataDir } from './app/data-dir.ts'
import { NotesApp } from './app/notes-app.ts'
import { migrations } from './app/store/migrations.ts'
import type { NotesSchema } from './app/store/schema.ts'
import { registerPageScheme } from './app/window/page-protocol.ts'

// In development, Electron names the app and its profile folder after package.json, also if there is `--user-data-dir`.
app.setName('Notes')
const profile = app.commandLine.getSwitchValue('user-data-dir') || join(app.getPath('appData'), 'Notes')
app.setPath('userData', resolve(profile))
app.setPath('sessionData', resolve(profile))

registerPageScheme()

let notes: NotesApp | undefined

// There is no await, because Electron becomes ready only after this module has run. The lock is taken at once.
const claiming = claimDataDir<NotesSchema>({
  dir: notesDataDir(),
  name: 'notes',
  productName: 'Notes',
  migrations,
  ...(!givenDataDir() && { chooseDir: chooseDataDir }),
  // A launch without a file shows the dialog with the PID. A file opens in the window of the owner.
  onHeld: ({ launch: { files, urls } }) => (files.length + urls.length > 0 ? 'focus' : 'dialog'),
  onOwned: () => {
    notes = start()
  },
  // Also for the files that this process was started with.
  onLaunch: (launch) => notes?.show(launch),
})

function start(): NotesApp {
  const notes = new NotesApp(claiming, notesDataDir())
  app.on('activate', () => notes.showWindow())
  const { window } = notes.showWindow()
  if (!app.isPackaged) window.once('show', printDataDir)
  return notes
}

async function printDataDir(): Promise<void> {
  const claim = await claiming
  if (claim) process.stdout.write(`Notes is open.\nIts data is in ${claim.dir}\n`)
}

app.on('window-all-closed', () => {
  if (process.platform !== 'darwin') app.quit()
})
