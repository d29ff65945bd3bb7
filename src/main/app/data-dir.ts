import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { app, dialog, type OpenDialogOptions } from 'electron'
import { visibleWindow } from './window/ask.ts'
import { replaceFile } from './window/replace-file.ts'

/** Returns the folder of the notes: the given one, else the one that the user has chosen, else one in the user's profile. */
export function notesDataDir(): string {
  return resolve(givenDataDir() || chosenDataDir() || join(app.getPath('userData'), 'data'))
}

/** Returns the folder in `--data-dir=PATH`, else that in `NOTES_DATA_DIR`. */
export function givenDataDir(): string | undefined {
  const option = '--data-dir='
  const argument = process.argv.find((word) => word.startsWith(option))?.slice(option.length)
  return argument || process.env.NOTES_DATA_DIR
}

/** The file that has the path of the folder that the user has chosen. */
const choiceFile = () => join(app.getPath('userData'), 'notes-folder')

function chosenDataDir(): string | undefined {
  try {
    return readFileSync(choiceFile(), 'utf8')
  } catch {
    // The user has chosen none.
    return undefined
  }
}

/** Lets the user choose another folder for the notes, also for the next start. */
export async function chooseDataDir(): Promise<string | undefined> {
  const options: OpenDialogOptions = {
    title: 'Choose a Folder for Your Notes',
    properties: ['openDirectory', 'createDirectory'],
  }
  const window = visibleWindow()
  const { filePaths } = await (window
    ? dialog.showOpenDialog(window, options)
    : dialog.showOpenDialog(options))
  const [folder] = filePaths
  if (folder === undefined) return undefined
  // The files of the notes get a folder of their own, unless the user has chosen one that has notes.
  const dir = existsSync(join(folder, 'notes.db')) ? folder : join(folder, 'Notes')
  try {
    replaceFile(choiceFile(), dir)
  } catch (error) {
    // The disk of the profile may be full too. The choice is then good for this time only.
    console.error(error)
  }
  return dir
}
