// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { startApp, switches } from '../desktop/start-app.mjs'
import { activate, close, press, untilGone, waitForFocusOf, waitForWindowOf } from '../desktop/windows.mjs'

/**
 * Starts an app and closes its window: it has a profile, and perhaps a database, after that.
 * @param {string} executable
 * @param {string} profile
 */
export async function tryOneLaunch(executable, profile) {
  const app = start(executable, profile)
  const window = await windowOf(app)
  say(`as it was: process ${app.pid} opens a window`)
  close(window)
  await endsWith(app, 0)
}

/**
 * Starts an app twice, presses the button of the second one's dialog, and sees that the first one is in front.
 * @param {string} executable
 * @param {string} profile
 */
export async function tryTwoLaunches(executable, profile) {
  const owner = start(executable, profile)
  await windowOf(owner)
  await waitForFocusOf(owner.pid)
  say(`process ${owner.pid} owns the data directory and has opened its window`)
  const contender = start(executable, profile)
  const dialog = await windowOf(contender)
  await waitForFocusOf(contender.pid)
  if (!contender.stderr().includes(`pid ${owner.pid}`)) {
    throw new Error(`the second launch does not name ${owner.pid}: ${contender.stderr()}`)
  }
  say(`process ${contender.pid} shows a dialog that names process ${owner.pid}`)
  await sleep(500)
  await untilGone(dialog, () => {
    // Forge's templates open the developer tools, which may take the keyboard a while later.
    activate(dialog)
    press('Return')
  })
  await endsWith(contender, 0)
  const front = await waitForFocusOf(owner.pid)
  say(
    `its button pressed, the window of process ${owner.pid} is in front, and process ${contender.pid} has ended with 0`,
  )
  close(front)
  await endsWith(owner, 0)
}

/**
 * @param {string} executable
 * @param {string} profile
 */
const start = (executable, profile) => startApp(executable, [...switches, `--user-data-dir=${profile}`])

/** @param {import('../desktop/start-app.mjs').RunningApp} app */
async function windowOf(app) {
  const early = app.ended.then((code) => {
    throw new Error(`process ${app.pid} ended with ${code} before it showed a window`)
  })
  try {
    return await Promise.race([waitForWindowOf(app.pid), early])
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}: ${app.stderr()}`)
  }
}

/**
 * @param {import('../desktop/start-app.mjs').RunningApp} app
 * @param {number} wanted
 */
async function endsWith(app, wanted) {
  const code = await app.ended
  if (code !== wanted) throw new Error(`process ${app.pid} ended with ${code}: ${app.stderr()}`)
}

/** @param {string} text */
function say(text) {
  process.stdout.write(`  ${text}\n`)
}
