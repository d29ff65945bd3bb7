// @ts-check
// A guided tour of the example app on a virtual screen. It prints a line for each step.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startApp, switches } from './desktop/start-app.mjs'
import { openVirtualDisplay } from './desktop/virtual-display.mjs'
import {
  close,
  minimize,
  press,
  screenshot,
  type,
  untilGone,
  waitForFocusOf,
  waitForWindowOf,
} from './desktop/windows.mjs'
import { say } from './say.mjs'
import { appFolder, root } from './setup/places.mjs'

const pictures = join(appFolder, 'tour')
const note = 'Buy oat milk and call Ada'

/**
 * Throws at the first step that goes wrong.
 * @param {string} electronPath
 */
export async function tour(electronPath) {
  say('There is no display here, so this is a guided tour on a virtual one.')
  const display = await openVirtualDisplay()
  Object.assign(process.env, display.env)
  const dir = mkdtempSync(join(tmpdir(), 'notes-tour-'))
  mkdirSync(pictures, { recursive: true })
  const launch = () =>
    startApp(electronPath, [...switches, appFolder, `--user-data-dir=${join(dir, 'profile')}`], {
      ...process.env,
      NOTES_DATA_DIR: join(dir, 'data'),
    })
  try {
    await showTheMainJob(launch)
  } catch (error) {
    await picture('failed')
    throw error
  } finally {
    display.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

/** @param {() => import('./desktop/start-app.mjs').RunningApp} launch */
async function showTheMainJob(launch) {
  const owner = launch()
  await Promise.race([waitForWindowOf(owner.pid), endsTooEarly(owner)])
  await waitForFocusOf(owner.pid)
  say(`First launch: process ${owner.pid} owns the data directory and has opened its window.`)

  await sleep(500)
  press('ctrl+n')
  await sleep(500)
  type(note)
  const { title } = await waitForWindowOf(owner.pid, (window) => window.title.startsWith(note))
  say(`A note typed: its window is called “${title}” now.`)
  await picture('1-app')
  minimize(await waitForFocusOf(owner.pid))

  const contender = launch()
  const dialog = await Promise.race([waitForWindowOf(contender.pid), endsTooEarly(contender)])
  await waitForFocusOf(contender.pid)
  if (!contender.stderr().includes(`pid ${owner.pid},`)) {
    throw new Error(`the second launch does not name ${owner.pid}: ${contender.stderr()}`)
  }
  say(`Second launch: process ${contender.pid} shows a native dialog that names process ${owner.pid}.`)
  await picture('2-dialog')

  await untilGone(dialog, () => press('Return'))
  const code = await contender.ended
  if (code !== 0) throw new Error(`the second launch ended with ${code}: ${contender.stderr()}`)
  say(
    `Its button “Show Notes” pressed: window ${dialog.id} is gone, process ${contender.pid} has ended with 0.`,
  )
  const front = await waitForFocusOf(owner.pid)
  say(`The window of process ${owner.pid} is in front again: “${front.title}”.`)
  await picture('3-app-in-front')
  animate()

  close(front)
  const ownerCode = await owner.ended
  if (ownerCode !== 0) throw new Error(`the app ended with ${ownerCode}: ${owner.stderr()}`)
  say(`Its window closed: process ${owner.pid} has ended with 0. No process owns the data directory now.`)
}

/**
 * @param {import('./desktop/start-app.mjs').RunningApp} app
 * @returns {Promise<never>}
 */
async function endsTooEarly(app) {
  const code = await app.ended
  throw new Error(`process ${app.pid} ended with ${code} before it showed a window: ${app.stderr()}`)
}

/** @param {string} name */
async function picture(name) {
  // The window manager reports a window a moment before its content is painted.
  await sleep(700)
  const path = join(pictures, `${name}.png`)
  screenshot(path)
  say(`  picture: ${relative(root, path)}`)
}

/** The three pictures, one after another: the one at the top of README.md. */
function animate() {
  const path = join(pictures, 'second-launch.gif')
  const frames = ['1-app', '2-dialog', '3-app-in-front'].map((name) => join(pictures, `${name}.png`))
  execFileSync('convert', [
    '-delay',
    '200',
    ...frames,
    '-loop',
    '0',
    '-resize',
    '800x',
    '-layers',
    'optimize',
    path,
  ])
  say(`  picture: ${relative(root, path)}`)
}
