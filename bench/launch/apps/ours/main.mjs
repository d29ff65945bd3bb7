// @ts-check
// The same app with its data directory, as the README has it.
import { env } from 'node:process'
import { pathToFileURL } from 'node:url'
import { app } from 'electron'
import { openWindow } from '../window.mjs'

/** @type {typeof import('../../../../src/main/api.ts')} */
const { claimDataDir } = await import(pathToFileURL(env.PACKAGE_API ?? '').href)

const claiming = claimDataDir({
  dir: env.LAUNCH_DIR ?? '',
  onHeld: /** @type {'focus' | 'dialog'} */ (env.LAUNCH_ON_HELD ?? 'focus'),
})

app.whenReady().then(async () => {
  if (await claiming) openWindow()
})
