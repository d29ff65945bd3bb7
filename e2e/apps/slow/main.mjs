// @ts-check
// An app on the built package that is slow where Notes is fast: in its start, in its migrations, and in between.
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { app, BrowserWindow, dialog, Menu, Tray } from 'electron'

/** @type {typeof import('../../../src/main/api.ts')} */
const { claimDataDir, relaunch } = await import(pathToFileURL(env.PACKAGE_API ?? '').href)

const folder = env.SLOW_FOLDER ?? ''
const migrations = Number(env.SLOW_MIGRATIONS ?? 0)
/** How many milliseconds the first launch takes. */
let launchTime = Number(env.SLOW_LAUNCH_MS ?? 0)

/** @param {number} milliseconds in which nothing else happens in this thread */
function block(milliseconds) {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

const nobodyWakesThis = new Int32Array(new SharedArrayBuffer(4))

/** Nothing else happens in this thread until a test writes the next command. */
function blockUntilTold() {
  while (!existsSync(join(folder, 'command'))) Atomics.wait(nobodyWakesThis, 0, 0, 20)
}

/**
 * An app's own `onHeld`: writes to a file what it gets, hands the launch over if the test says so, and then chooses.
 * @param {import('../../../src/main/api.ts').HeldInfo} held
 */
async function choose(held) {
  const [choice = '', handsOver] = (env.SLOW_CHOICE ?? '').split(' ')
  const isHandedOver = handsOver === 'handing-over' && (await held.handOver())
  writeFileSync(join(folder, 'held.json'), JSON.stringify({ ...held, isHandedOver }))
  return /** @type {import('../../../src/main/api.ts').HeldChoice} */ (choice)
}

/** One of the app's own callbacks, which fails. */
function makeMistake() {
  throw new TypeError('the window has no page')
}

/**
 * An app's own flush: prevents the first quit, writes to the database, and ends the app in its way.
 * @param {import('electron').Event} event
 */
async function flush(event) {
  event.preventDefault()
  app.off('will-quit', flush)
  await sleep(300)
  const claim = await claiming
  await claim?.db.schema.createTable('flushed').ifNotExists().addColumn('id', 'integer').execute()
  writeFileSync(join(folder, 'flushed'), '')
  if (env.SLOW_FLUSH === 'quit') app.quit()
  if (env.SLOW_FLUSH === 'exit') app.exit(0)
}
const listen = () => app.on('will-quit', flush)
if (env.SLOW_FLUSH && !env.SLOW_FLUSH_LATE) listen()

// What only an installer on Windows does.
if (env.SLOW_PLATFORM) Object.defineProperty(process, 'platform', { value: env.SLOW_PLATFORM })

const claiming = claimDataDir({
  dir: join(folder, 'data'),
  name: 'notes',
  productName: env.SLOW_NAME ?? 'Notes',
  version: '1.2.3',
  ...(env.SLOW_ON_HELD && { onHeld: /** @type {'focus'} */ (env.SLOW_ON_HELD) }),
  ...(env.SLOW_CHOICE && { onHeld: choose }),
  ...(env.SLOW_MISSPELT && { [env.SLOW_MISSPELT]: true }),
  ...(env.SLOW_THROWS && { [env.SLOW_THROWS]: makeMistake }),
  ...(env.SLOW_UNSET && { [env.SLOW_UNSET]: undefined }),
  ...(env.SLOW_EARLY && { onOwned: openWindows }),
  ...(env.SLOW_DIALOGS && { dialogs: /** @type {'html'} */ (env.SLOW_DIALOGS) }),
  ...(env.SLOW_LOCALE && { locale: env.SLOW_LOCALE }),
  ...(env.SLOW_CHOOSES && { chooseDir: async () => env.SLOW_CHOOSES }),
  migrations: Object.fromEntries(
    Array.from({ length: migrations }, (_, index) => [
      `00${index + 1}-slow`,
      {
        async up() {
          await sleep(Number(env.SLOW_MIGRATION_MS ?? 1_000))
          if (env.SLOW_FAILS) throw new Error('no')
        },
      },
    ]),
  ),
  onLaunch: async ({ files, urls }) => {
    appendFileSync(join(folder, 'launches.jsonl'), `${JSON.stringify({ files, urls })}\n`)
    await opened
    if (env.SLOW_OPENS_MORE) openWindow('Slow, another')
    await sleep(launchTime)
    launchTime = 0
    const [window] = BrowserWindow.getAllWindows()
    for (const file of files) window?.setTitle(`${window.getTitle()} + ${file.split('/').at(-1)}`)
  },
})
app.on('browser-window-created', () => appendFileSync(join(folder, 'created'), `${process.pid}\n`))
if (env.SLOW_AWAIT) await claiming
if (env.SLOW_SECOND_API) {
  const copy = await import(pathToFileURL(env.SLOW_SECOND_API).href)
  void copy.claimDataDir({ dir: join(folder, 'second'), name: 'notes', productName: 'Notes' })
}
block(Number(env.SLOW_START_MS ?? 0))
if (env.SLOW_HANGS) blockUntilTold()
for (const file of env.SLOW_OPENS?.split(' ') ?? []) openFile(file)

/** @type {Tray | undefined} */
let tray

const opened = open()

async function open() {
  await app.whenReady()
  if (!(await claiming)) return
  if (!env.SLOW_EARLY) openWindows()
  tray = env.SLOW_TRAY ? new Tray(env.SLOW_TRAY) : undefined
  setInterval(obey, 50)
}

function openWindows() {
  Menu.setApplicationMenu(null)
  if (env.SLOW_HELPER) openWindow('Helper', false)
  for (let index = 0; index < Number(env.SLOW_WINDOWS ?? 1); index++) {
    const window = openWindow(`Slow ${index + 1}`, !env.SLOW_INACTIVE)
    if (env.SLOW_INACTIVE) window.showInactive()
  }
}

/** @param {string} title */
function openWindow(title, show = true) {
  const window = new BrowserWindow({ width: 400, height: 240, title, show })
  window.on('page-title-updated', (event) => event.preventDefault())
  if (env.SLOW_FLUSH_LATE) window.on('closed', listen)
  void window.loadURL('data:text/html,<p>An app that is slow on demand.')
  return window
}

/**
 * What macOS does when a file of the app is opened, or one is dropped on its icon.
 * @param {string} file
 */
function openFile(file) {
  app.emit('open-file', { preventDefault: () => undefined }, file)
}

/** Does what a test writes into the file `command`. */
function obey() {
  const path = join(folder, 'command')
  if (!existsSync(path)) return
  const [verb, value] = readFileSync(path, 'utf8').split(' ')
  rmSync(path)
  if (verb === 'block') blockUntilTold()
  if (verb === 'open') openFile(value ?? '')
  if (verb === 'hide') for (const window of BrowserWindow.getAllWindows()) window.hide()
  if (verb === 'ask') void ask()
  if (verb === 'quit') app.quit()
  if (verb === 'exit') void claiming.then((claim) => writeAndExit(claim))
  if (verb === 'relaunch') for (let times = Number(value); times > 0; times--) relaunch()
}

/**
 * Ends without a quit, right after a write.
 * @param {Awaited<typeof claiming>} claim
 */
async function writeAndExit(claim) {
  await claim?.db.schema.createTable('flushed').addColumn('id', 'integer').execute()
  app.exit(3)
}

/** A dialog of the window. The app says when it has the answer. */
async function ask() {
  const [window] = BrowserWindow.getAllWindows()
  if (window) await dialog.showMessageBox(window, { title: 'Question', message: 'Of the window.' })
}

app.on('window-all-closed', () => {
  if (!tray) app.quit()
})
