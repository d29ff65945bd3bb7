// @ts-check
// The same app with its data directory, as the README has it: the window opens while the database does, and its page
// shows what the database answers. LAUNCH_PATTERN=simple opens it only then.
import { env } from 'node:process'
import { pathToFileURL } from 'node:url'
import { app } from 'electron'
import { openWindow } from '../window.mjs'

/** @type {typeof import('../../../../src/main/api.ts')} */
const { claimDataDir } = await import(pathToFileURL(env.PACKAGE_API ?? '').href)

/** @type {ReturnType<typeof claimDataDir<{ note: { text: string } }>>} */
const claiming = claimDataDir({
  dir: env.LAUNCH_DIR ?? '',
  onHeld: /** @type {'focus' | 'dialog'} */ (env.LAUNCH_ON_HELD ?? 'focus'),
  migrations: {
    '001-notes': {
      async up(db) {
        await db.schema.createTable('note').addColumn('text', 'text').execute()
        await db.insertInto('note').values({ text: 'An answer.' }).execute()
      },
    },
  },
})

app.whenReady().then(async () => {
  if (!(await (env.LAUNCH_PATTERN === 'simple' ? claiming : claiming.owned))) return
  openWindow(async () => {
    const claim = await claiming
    const note = await claim?.db.selectFrom('note').select('text').executeTakeFirstOrThrow()
    return note?.text ?? ''
  })
})
