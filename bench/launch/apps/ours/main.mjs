// @ts-check
// The same app with its data directory, as the README has it: the window opens as soon as the directory is owned, and
// its page shows what the database answers. LAUNCH_PATTERN=simple opens it when the database is open.
import { env } from 'node:process'
import { app } from 'electron'
import { claimDataDir } from '../../../../src/main/api.ts'
import { openWindow } from '../window.mjs'

const isSimple = env.LAUNCH_PATTERN === 'simple'

/** @type {ReturnType<typeof claimDataDir<{ note: { text: string } }>>} */
const claiming = claimDataDir({
  dir: env.LAUNCH_DIR ?? '',
  onHeld: /** @type {'focus' | 'dialog'} */ (env.LAUNCH_ON_HELD ?? 'focus'),
  ...(!isSimple && { onOwned: open }),
  migrations: {
    '001-notes': {
      async up(db) {
        await db.schema.createTable('note').addColumn('text', 'text').execute()
        await db.insertInto('note').values({ text: 'An answer.' }).execute()
      },
    },
  },
})

function open() {
  openWindow(async () => {
    const claim = await claiming
    const note = await claim?.db.selectFrom('note').select('text').executeTakeFirstOrThrow()
    return note?.text ?? ''
  })
}

if (isSimple) {
  app.whenReady().then(async () => {
    if (await claiming) open()
  })
}
