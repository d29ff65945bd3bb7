// @ts-check
// The same app with its data directory, as the README has it: the window opens as soon as the directory is owned, and a
// query of its page waits for the database. LAUNCH_PATTERN=simple opens the window when the database is open.
import { env } from 'node:process'
import { app } from 'electron'
import { claimDataDir } from '../../../../src/main/api.ts'
import { firstNote, migrations } from '../note.mjs'
import { openWindow } from '../window.mjs'

/** @type {ReturnType<typeof claimDataDir<import('../note.mjs').Schema>>} */
const data = claimDataDir({
  onHeld: /** @type {'focus' | 'dialog'} */ (env.LAUNCH_ON_HELD ?? 'focus'),
  migrations,
})

if (env.LAUNCH_PATTERN === 'simple') {
  app.whenReady().then(async () => {
    const claim = await data
    if (claim) openWindow(() => firstNote(claim.db))
  })
} else {
  app.whenReady().then(async () => {
    if (await data.owned) openWindow(() => firstNote(data.db))
  })
}
