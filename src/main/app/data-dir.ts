import { join, resolve } from 'node:path'
import { app } from 'electron'

const ARGUMENT = '--data-dir='

/** Where Notes keeps its data: `--data-dir=PATH`, else `NOTES_DATA_DIR`, else a folder in the user's profile. */
export function notesDataDir(argv: readonly string[]): string {
  const argument = argv.find((arg) => arg.startsWith(ARGUMENT))?.slice(ARGUMENT.length)
  return resolve(argument || process.env.NOTES_DATA_DIR || join(app.getPath('userData'), 'data'))
}
