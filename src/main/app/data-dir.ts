import { join, resolve } from 'node:path'
import { app } from 'electron'

const ARGUMENT = '--data-dir='

/**
 * Names the app, and its profile folder after it: in development Electron names that after package.json. Call it
 * before anything asks for a path. `--user-data-dir=PATH` wins.
 */
export function nameApp(name: string): void {
  app.setName(name)
  if (app.commandLine.hasSwitch('user-data-dir')) return
  app.setPath('userData', join(app.getPath('appData'), name))
}

/** Where Notes keeps its data: `--data-dir=PATH`, else `NOTES_DATA_DIR`, else a folder in the user's profile. */
export function notesDataDir(argv: readonly string[]): string {
  const argument = argv.find((arg) => arg.startsWith(ARGUMENT))?.slice(ARGUMENT.length)
  return resolve(argument || process.env.NOTES_DATA_DIR || join(app.getPath('userData'), 'data'))
}
