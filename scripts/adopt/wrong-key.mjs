// @ts-check
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { activate, isDialog, press, untilGone, waitForWindowOf } from '../desktop/windows.mjs'
import { endsWith, say, start } from './two-launches.mjs'
import { changeKey } from './visits.mjs'

const wanted = 'ERR_DATADIR_DATABASE_KEY'

/**
 * Gives a copy of the app's database another key, and sees that the app shows an error and changes nothing.
 * @param {string} executable
 * @param {string} profile
 * @param {{ file: string, key: string }} visits
 * @param {string} electronPath
 */
export async function tryWrongKey(executable, profile, { file, key }, electronPath) {
  const other = `${profile}-other-key`
  cpSync(profile, other, { recursive: true, verbatimSymlinks: true })
  const path = join(other, file)
  changeKey(electronPath, path, key)
  const before = readFileSync(path)
  const app = start(executable, other)
  // The app's own window is open too, and either may have the keyboard.
  const dialog = await waitForWindowOf(app.pid, isDialog)
  if (!app.stderr().includes(wanted)) throw new Error(`no ${wanted}: ${app.stderr()}`)
  await untilGone(dialog, () => {
    activate(dialog)
    press('Return')
  })
  await endsWith(app, 1)
  if (!readFileSync(path).equals(before)) throw new Error(`${path} was changed`)
  say(`with another key, process ${app.pid} shows ${wanted} and ends with 1; the file is as it was`)
}
