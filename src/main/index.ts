import { app } from 'electron'
import { claimDataDir, launchOf } from './api.ts'
import { nameApp, notesDataDir } from './app/data-dir.ts'
import { NotesApp } from './app/notes-app.ts'
import { migrations } from './app/store/migrations.ts'
import type { NotesSchema } from './app/store/schema.ts'

nameApp('Notes')

let starting: Promise<NotesApp> | undefined

// Not awaited here: Electron becomes ready only after this module has run. The lock is taken all the same.
const claiming = claimDataDir<NotesSchema>({
  dir: notesDataDir(process.argv),
  name: 'notes',
  productName: 'Notes',
  migrations,
  onOwned: () => {
    starting = start()
  },
  onLaunch: async (launch): Promise<void> => (await starting)?.show(launch),
})

async function start(): Promise<NotesApp> {
  const notes = new NotesApp(claiming)
  app.on('activate', () => notes.showWindow())
  await notes.show(launchOf())
  return notes
}

app.on('window-all-closed', () => {
  if (process.platform !== 'darwin') app.quit()
})
