import { app } from 'electron'
import type { Kysely } from 'kysely'
import { checkOptions } from '../../shared/check-options.ts'
import { claimOwned } from '../claim/claim.ts'
import { defaultName } from '../directory/names.ts'
import type { WarningDelay } from '../directory/warnings.ts'
import { type LockOptions, prepareToLock, takeLock } from '../lock/data-dir-lock.ts'
import { DataDirLockedError } from '../lock/errors.ts'
import { MigrationAbortedError } from '../sqlite/errors/open-errors.ts'
import { lockToOpen, type OwnedDirectory, type Pool } from '../sqlite/pool.ts'
import { type ClaimDataDirOptions, claimDataDirOptionChecks } from './claim-data-dir-options.ts'
import { appLocale } from './dialogs/app-locale.ts'
import {
  askAboutBackup,
  askAboutBusy,
  askAboutDamage,
  printFailure,
  showFailure,
  wasDeclined,
} from './dialogs/failure-dialogs.ts'
import { StartWindow } from './dialogs/start-window.ts'
import { OwnerWatch } from './held/owner-watch.ts'
import { runContender } from './held/run-contender.ts'
import { chooseWords } from './held/words/held-text.ts'
import {
  beforeOpenEvents,
  collectOpenEvents,
  deliverOpenEvents,
  withOpenEvents,
} from './launches/open-events.ts'
import { launchOf } from './launches/own-launch.ts'
import { launchQueueOf } from './launches/take-launch.ts'
import { closeAndExit, closeBeforeQuit, giveUpClosing, quitSignal } from './quit-order.ts'
import { firstPaint } from './windows/first-paint.ts'
import { followFocus } from './windows/focus.ts'

// If another process owns the directory and nothing was handed over: EX_TEMPFAIL of sysexits.h.
const exitHeld = 75
const exitFailed = 1

// In milliseconds. By then an app has opened its window, which matters more to its user than a warning.
const warningDelay = 1_000

/** A data directory that this process owns. */
export interface DataDirClaim<Schema> extends AsyncDisposable {
  /** The open database: Kysely over a pool of connections, each in a worker thread. */
  readonly db: Kysely<Schema>
  /**
   * The same database, with methods that Kysely does not have: `batch`, `query` with limits, `stats`. {@link close}
   * closes it too.
   */
  readonly pool: Pool<Schema>
  /** The data directory's real path. */
  readonly dir: string
  /**
   * The path of the database file, `NAME.db` in {@link dir}.
   *
   * Do not open or copy this file with `node:fs` inside the process. When Node.js closes it, the system removes
   * SQLite's locks on the file. Another program may then remove the log with your changes. Use `pool.backup()` instead.
   */
  readonly databasePath: string
  /** When the lock was taken; undefined if `NAME_SKIP_DATADIR_LOCK` skips it. */
  readonly heldSince: Date | undefined
  /**
   * Aborts when this process can no longer protect its data. The reason is a `LockLostError` if the lock file was
   * removed or replaced and could not be created again. It is a `DatabaseReplacedError` if a file of the database was
   * removed, replaced or overwritten. From then on, the database refuses writes. Show the user a message and quit.
   */
  readonly lost: AbortSignal | undefined
  /**
   * Stops accepting launches, then closes the database, the hand-off server and the lock, in that order. The package
   * calls it on quit. A second call does nothing more.
   */
  close(): Promise<void>
}

/**
 * Makes this process the owner of a data directory, or takes the user to the process that is the owner.
 *
 * Call it at the top of the main module. It takes the lock synchronously, before `ready` and before any window can exist,
 * and opens the database while Electron starts. On quit it closes everything in order.
 *
 * Do not `await` it at the top level of an ES module: Electron becomes ready only after the main module has run, and
 * the dialogs wait for `ready` (electronjs.org/docs/latest/tutorial/esm#main-process).
 *
 * @returns undefined if another process owns the directory, or if the database cannot be opened. A native dialog and
 * stderr have then shown the reason, and the app is closing its windows and exiting.
 * @throws nothing: every error during opening, including one that a callback of the app throws, is shown in a dialog
 * and written to stderr. The app then exits with code 1. While another program keeps the database locked, the dialog
 * offers to try again. For an invalid option, the dialog says only that the app has an error.
 *
 * @example
 * ```ts
 * import { join } from 'node:path'
 * import { app, ipcMain } from 'electron'
 * import { claimDataDir } from 'electron-datadir'
 *
 * const dir = join(app.getPath('userData'), 'data')
 * const claiming = claimDataDir<Schema>({ dir, migrations, onOwned: () => openWindow() })
 *
 * ipcMain.handle('notes', async () => (await claiming)?.db.selectFrom('note').selectAll().execute())
 * ```
 */
export async function claimDataDir<Schema>(
  options: ClaimDataDirOptions,
): Promise<DataDirClaim<Schema> | undefined> {
  const product = productOf(options)
  collectOpenEvents()
  const quitting = quitSignal()
  try {
    checkOptions('claimDataDir', options, claimDataDirOptionChecks)
    const request = { ...options, app: product, version: options.version ?? app.getVersion(), warningDelay }
    const locked = lockOrContend(request)
    // The hand-off starts before this function first waits: the app may block this thread as soon as it is called.
    const owned = locked instanceof Promise ? await locked : locked
    return owned && (await open<Schema>(owned, request, quitting))
  } catch (error) {
    // The app was quit meanwhile, and only waits for this.
    if (error instanceof MigrationAbortedError) return undefined
    printFailure(error, product)
    // A window that is open may be closed before the dialog.
    process.exitCode = exitFailed
    if (!wasDeclined(error)) {
      // If the dialog fails, the app still exits. Otherwise it would run without its data, perhaps without a window.
      await showFailure(error, product).catch((failure: unknown) => printFailure(failure, product))
    }
    await closeAndExit(exitFailed)
    return undefined
  }
}

/** Also used in messages about invalid options, and `productName` may itself be the invalid option. */
function productOf(options: ClaimDataDirOptions | undefined): string {
  const wanted: unknown = options?.productName
  return typeof wanted === 'string' ? wanted : app.getName()
}

/** The options of a claim, with what its owner record says. */
type ClaimRequest = ClaimDataDirOptions & WarningDelay & Required<Pick<LockOptions, 'app' | 'version'>>

/**
 * Takes the lock before this function first waits for anything, or runs as a contender of the process that has it.
 *
 * @returns undefined if another process keeps the directory. The app is then exiting.
 */
function lockOrContend(request: ClaimRequest): OwnedDirectory | Promise<OwnedDirectory | undefined> {
  try {
    return lockToOpen(request)
  } catch (error) {
    if (!(error instanceof DataDirLockedError)) throw error
    printFailure(error, request.app)
    return contend(error, request)
  }
}

async function contend(
  error: DataDirLockedError,
  request: ClaimRequest,
): Promise<OwnedDirectory | undefined> {
  const { dir, name = defaultName, app: product, locale, words, onHeld = 'dialog' } = request
  let owned: OwnedDirectory | undefined
  const tryLock = () => {
    const directory = prepareToLock(dir, name)
    // A first attempt waits, and blocks this thread. The watch tries again soon, so it does not wait.
    const lock = takeLock(directory, name, request, 0)
    owned = { directory, name, lock }
    return lock
  }
  const launch = launchOf()
  // For a signal or a quit that comes before the contender has ended.
  process.exitCode = exitHeld
  const end = await runContender(
    {
      watch: new OwnerWatch(error, product, tryLock),
      launch: () => withOpenEvents(launch),
      launches: () => beforeOpenEvents(launch),
      language: () => ({ locale: appLocale(locale), words: chooseWords(appLocale(locale), words) }),
    },
    onHeld,
  )
  if (end === 'free') {
    process.exitCode = undefined
    return owned
  }
  await closeAndExit(end === 'handed-over' ? 0 : exitHeld)
  return undefined
}

async function open<Schema>(
  owned: OwnedDirectory,
  request: ClaimRequest,
  quitting: AbortSignal,
): Promise<DataDirClaim<Schema>> {
  const { app: product, onOwned, startWindow = true } = request
  const { onDamaged = (damage) => askAboutDamage(damage, product, quitting) } = request
  const { onBackupFailed = (error) => askAboutBackup(error, product, quitting) } = request
  const start = startWindow ? new StartWindow(product, request.locale) : undefined
  const launches = launchQueueOf(request.onLaunch)
  let stopEvents: (() => void) | undefined
  followFocus()
  const claiming = claimOwned<Schema>(owned, {
    ...request,
    onDamaged,
    onBackupFailed,
    onBusy: (error) => askAboutBusy(error, product, quitting),
    signal: quitting,
    onOwned: onOwned && (() => openWindowFirst(onOwned, quitting)),
    launches,
    onLaunchWhileAsking: showQuestions,
    onMigrationProgress: (progress) => {
      start?.show(progress)
      request.onMigrationProgress?.(progress)
    },
  })
  closeBeforeQuit(async () => {
    stopEvents?.()
    // A claim that failed has closed everything, and its caller gets the reason.
    const closing = claiming.catch(() => undefined).then((claimed) => claimed?.close())
    const { lock } = owned
    await (lock ? Promise.race([closing, lock.outage().then(giveUpClosing)]) : closing)
  })
  try {
    const { pool, heldSince, lost, ...claim } = await claiming
    stopEvents = deliverOpenEvents((launch) => launches.add(launch))
    const { db, dir, databasePath } = pool
    const close = () => {
      stopEvents?.()
      return claim.close()
    }
    return { db, pool, dir, databasePath, heldSince, lost, close, [Symbol.asyncDispose]: close }
  } finally {
    start?.close()
  }
}

/** The app's own window comes before everything else. */
async function openWindowFirst(onOwned: () => void, quitting: AbortSignal): Promise<void> {
  await app.whenReady()
  if (quitting.aborted) return
  const painted = firstPaint(quitting)
  onOwned()
  await painted
}

/** The user has started the app again. The dialog that waits for an answer is raised. */
function showQuestions(): void {
  // The dialog itself has loaded it.
  void import('./dialogs/message-box.ts').then(({ raiseMessageBoxes }) => raiseMessageBoxes())
}
