// @ts-check
// An app whose store is a text file, on the built package. It has no database of the package. What happens is logged in
// the file `log`, line by line.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'
import { pathToFileURL } from 'node:url'
import { app, BrowserWindow } from 'electron'

/** @type {typeof import('../../../src/main/api.ts')} */
const { claimDataDir, heldElsewhere } = await import(pathToFileURL(env.PACKAGE_API ?? '').href)

const folder = env.OWN_FOLDER ?? ''
const elsewhere = join(folder, 'elsewhere')
/** @param {string} line */
const log = (line) => appendFileSync(join(folder, 'log'), `${process.pid} ${line}\n`)
process.on('unhandledRejection', (reason) => log(`unhandled ${reason}`))

const data = claimDataDir({
  dir: join(folder, 'data'),
  name: 'notes',
  productName: 'Notes',
  ...(env.OWN_ON_HELD && { onHeld: /** @type {'focus'} */ (env.OWN_ON_HELD) }),
  ...(env.OWN_DATABASE && { database: {} }),
  open({ dir, onProgress }) {
    log('open')
    if (env.OWN_FAILS) throw new Error('no such key')
    // A file says who has the store, as a server would.
    if (existsSync(elsewhere)) {
      const { since, ...owner } = JSON.parse(readFileSync(elsewhere, 'utf8'))
      // A store that believes itself to be free, and is not.
      const options = env.OWN_RELEASED ? { released: Promise.resolve() } : {}
      throw heldElsewhere({ ...owner, since: new Date(since) }, options)
    }
    onProgress({ done: 1, total: 2, text: 'Reading the notes' })
    const path = join(dir, 'notes.txt')
    return {
      read: () => (existsSync(path) ? readFileSync(path, 'utf8') : ''),
      async close() {
        if (env.OWN_NEVER_CLOSES) await new Promise(() => undefined)
        writeFileSync(path, 'saved on quit')
        log('close')
      },
    }
  },
  beforeClose: () => log('beforeClose'),
})

data.store.then(
  (store) => log(`store ${store.read()}`),
  ({ code }) => log(`store ${code}`),
)
if (env.OWN_DATABASE) {
  void data.db.selectFrom('sqlite_master').selectAll().execute()
  data.db
    .selectFrom('sqlite_master')
    .selectAll()
    .execute()
    .then(
      (rows) => log(`rows ${rows.length}`),
      ({ code }) => log(`rows ${code}`),
    )
}

app.whenReady().then(async () => {
  const isOwned = await data.owned
  log(`owned ${isOwned}`)
  if (!isOwned) return
  const window = new BrowserWindow({ width: 400, height: 240, title: 'Own store' })
  window.on('page-title-updated', (event) => event.preventDefault())
  await window.loadURL('data:text/html,<p>An app with a store of its own.')
})
data.then((claim) => log(`claim ${claim ? 'open' : undefined}`))
app.on('window-all-closed', () => app.quit())
