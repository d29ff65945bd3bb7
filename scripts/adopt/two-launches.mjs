// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { startApp, switches } from '../desktop/start-app.mjs'
import { waitFor } from '../desktop/wait-for.mjs'
import { activate, close, listWindows, press, waitForFocusOf, waitForWindowOf } from '../desktop/windows.mjs'

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
  await windowOf(contender)
  await waitForFocusOf(contender.pid)
  if (!contender.stderr().includes(`pid ${owner.pid}`)) {
    throw new Error(`the second launch does not name ${owner.pid}: ${contender.stderr()}`)
  }
  say(`process ${contender.pid} shows a dialog that names process ${owner.pid}`)
  await sleep(500)
  await pressReturnUntilEnd(contender)
  await endsWith(contender, 0)
  const front = await waitForFocusOf(owner.pid)
  say(
    `its button pressed, the window of process ${owner.pid} is in front, and process ${contender.pid} has ended with 0`,
  )
  close(front)
  await endsWith(owner, 0)
}

/**
 * Presses the default button of an app's dialog until the app has ended.
 * @param {import('../desktop/start-app.mjs').RunningApp} app
 */
export async function pressReturnUntilEnd(app) {
  let hasEnded = false
  void app.ended.finally(() => {
    hasEnded = true
  })
  await waitFor(`the end of process ${app.pid}`, async () => {
    if (hasEnded) return true
    // If its text has changed, the dialog is a new window.
    const dialog = listWindows().findLast(({ pid }) => pid === app.pid)
    if (dialog) {
      // Forge's templates open the developer tools, which may take the keyboard a while later.
      activate(dialog)
      press('Return')
    }
    await sleep(500)
    return undefined
  })
}

/**
 * @param {string} executable
 * @param {string} profile
 */
export const start = (executable, profile) =>
  startApp(executable, [...switches, `--user-data-dir=${profile}`])

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
export async function endsWith(app, wanted) {
  const code = await app.ended
  if (code !== wanted) throw new Error(`process ${app.pid} ended with ${code}: ${app.stderr()}`)
}

/** @param {string} text */
export function say(text) {
  process.stdout.write(`  ${text}\n`)
}
