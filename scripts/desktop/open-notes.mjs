// @ts-check
import { appFolder } from '../setup/places.mjs'
import { startApp, switches } from './start-app.mjs'

/**
 * Starts Notes as `npm start` does. When its window is open, it prints where the data is, and how to start it again.
 * @param {string} electronPath
 * @param {NodeJS.ProcessEnv} env
 * @param {string[]} args
 * @param {(text: string) => void} print
 */
export function openNotes(electronPath, env, args, print) {
  let isOpen = false
  return startApp(electronPath, [...switches, appFolder, ...args], env, (text) => {
    print(text)
    if (!isOpen) print(`To start it a second time, run: ${commandOf(env, args)}\n`)
    isOpen = true
  })
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string[]} args
 */
function commandOf({ NOTES_DATA_DIR }, args) {
  // Another terminal does not have the variable.
  const isNamed = !NOTES_DATA_DIR || args.some((arg) => arg.startsWith('--data-dir='))
  const all = isNamed ? args : [...args, `--data-dir=${NOTES_DATA_DIR}`]
  return ['npm start', ...(all.length > 0 ? ['--', ...all.map(quoted)] : [])].join(' ')
}

/** @param {string} word */
const quoted = (word) => (/^[\w@%+=:,./\\-]+$/.test(word) ? word : JSON.stringify(word))
