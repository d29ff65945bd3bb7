import { app } from 'electron'
import type { Kysely } from 'kysely'
import { checkOptions } from '../../shared/check-options.ts'
import { DataDirError } from '../../shared/data-dir-error.ts'
import { type Claim, claimChecked } from '../claim.ts'
import type { Launch, LaunchOutcome } from '../handoff/protocol.ts'
import { acquireChecked, type LockOptions } from '../lock/data-dir-lock.ts'
import type { WarningDelay } from '../lock/directory-checks.ts'
import { DataDirLockedError } from '../lock/errors.ts'
import { BackupFailedError } from '../sqlite/backup-errors.ts'
import { MigrationAbortedError } from '../sqlite/errors.ts'
import type { Pool } from '../sqlite/pool.ts'
import { appLocale } from './app-locale.ts'
import type { ClaimDataDirOptions } from './claim-data-dir-options.ts'
import { claimDataDirOptionChecks } from './claim-option-checks.ts'
import { firstPaint } from './first-paint.ts'
import { bringToFront, followFocus } from './focus.ts'
import { chooseWords } from './held/choose-words.ts'
import type { Language } from './held/contention.ts'
import { OwnerWatch } from './held/owner-watch.ts'
import { settleHeld } from './held/settle-held.ts'
import { launchOf } from './launch.ts'
import { OpenEvents } from './open-events.ts'
import { closeBeforeQuit } from './quit-order.ts'
import { hasWindow, StartWindow } from './start-window.ts'
import { askAboutDamage, complain, tellFailure, wasAskedAbout } from './tell-failure.ts'

/** The data directory is this process's. */
export interface DataDirClaim<Schema> extends AsyncDisposable {
  /** The open database: Kysely over a pool of connections, each in a worker thread. */
  readonly db: Kysely<Schema>
  /** The same database with what Kysely has no words for: `batch`, `query` with limits, `stats`. */
  readonly pool: Pool<Schema>
  /** The data directory's real path. */
  readonly dir: string
  /** The path of the database file, `NAME.db` in {@link dir}. */
  readonly databasePath: string
  /** When the lock was taken; undefined where `NAME_SKIP_DATADIR_LOCK` skips it. */
  readonly heldSince: Date | undefined
  /**
   * Aborts, with a `LockLostError` as its reason, when the lock file was removed or replaced and could not be made
   * anew. The database refuses writes from then on; tell the user and quit.
   */
  readonly lost: AbortSignal | undefined
  /**
   * Takes no more launches, then closes database, hand-off server and lock, in that order. It is called on quit; twice
   * is once.
   */
  close(): Promise<void>
}

/** The exit code where somebody else owns the directory and nothing was handed over: EX_TEMPFAIL of sysexits.h. */
const exitHeld = 75
const exitFailed = 1

/** By then an app has opened its window, which matters more to its user than a warning. In milliseconds. */
const warningDelay = 1_000

/**
 * Makes this process the owner of a data directory, or takes the user to the process that is.
 *
 * Call it at the top of the main module: it takes the lock synchronously, before `ready` and before any window
 * can exist, and opens the database while Electron starts. On quit it closes everything in order.
 *
 * Do not `await` it at the top level of an ES module: Electron becomes ready only after the main module has run,
 * and the dialogs wait for that (electronjs.org/docs/latest/tutorial/esm#main-process).
 *
 * @returns undefined when the directory is somebody else's or cannot be opened. The user was told in a native
 * dialog, the same words went to stderr, and the app is on its way out, with the windows it has.
 * @throws nothing that is an error of this package: those are what the dialogs are for.
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
  const product = options.productName ?? app.getName()
  const opened = OpenEvents.collect()
  try {
    return await ownOrSettle<Schema>(options, product, opened)
  } catch (error) {
    if (!(error instanceof DataDirError)) throw error
    // The app was quit meanwhile, and waits for nothing but this.
    if (wasCalledOff(error)) return undefined
    complain(error, product)
    // A window that is open may be closed before the dialog.
    process.exitCode = exitFailed
    if (options.onDamaged || !wasAskedAbout(error)) await tellFailure(error, product)
    app.exit(exitFailed)
    return undefined
  }
}

function wasCalledOff(error: DataDirError): boolean {
  return (
    error instanceof MigrationAbortedError ||
    (error instanceof BackupFailedError && error.reason === 'aborted')
  )
}

async function ownOrSettle<Schema>(
  options: ClaimDataDirOptions,
  product: string,
  opened: OpenEvents,
): Promise<DataDirClaim<Schema> | undefined> {
  checkOptions('claimDataDir', options, claimDataDirOptionChecks)
  try {
    return await own<Schema>(options, product, opened)
  } catch (error) {
    if (!(error instanceof DataDirLockedError)) throw error
    complain(error, product)
    const tryLock = () => acquireChecked(lockOptionsOf(options, product))
    const watch = new OwnerWatch(error, product, tryLock)
    const launch = opened.addTo(launchOf())
    const end = await settleHeld(
      { watch, launch, product, language: () => languageOf(options) },
      options.onHeld ?? 'dialog',
    )
    if (end === 'free') return await takeOver<Schema>(options, product, opened, watch)
    app.exit(end === 'handed-over' ? 0 : exitHeld)
    return undefined
  }
}

function languageOf({ locale: wanted, words }: ClaimDataDirOptions): Language {
  const locale = appLocale(wanted)
  return { locale, words: chooseWords(locale, words) }
}

/** The owner has left, and its lock is this process's already: nobody can come in between. */
async function takeOver<Schema>(
  options: ClaimDataDirOptions,
  product: string,
  opened: OpenEvents,
  { lock }: OwnerWatch,
): Promise<DataDirClaim<Schema>> {
  try {
    return await own<Schema>(options, product, opened)
  } finally {
    lock?.release()
  }
}

async function own<Schema>(
  options: ClaimDataDirOptions,
  product: string,
  opened: OpenEvents,
): Promise<DataDirClaim<Schema>> {
  const start = options.startWindow === false ? undefined : StartWindow.planned(product, options.locale)
  const take = (launch: Launch) => takeLaunch(launch, options.onLaunch)
  const quitting = new AbortController()
  const { onOwned } = options
  followFocus()
  const claiming = claimChecked<Schema>({
    onDamaged: (damage) => askAboutDamage(damage, product, quitting.signal),
    ...options,
    ...lockOptionsOf(options, product),
    signal: quitting.signal,
    onOwned: onOwned && (() => openWindowFirst(onOwned, quitting.signal)),
    onLaunch: take,
    onQuitRequest: quitSoon,
    onMigrationProgress: (progress) => {
      start?.show(progress)
      options.onMigrationProgress?.(progress)
    },
  })
  closeBeforeQuit(async () => {
    quitting.abort()
    // A claim that failed has closed everything, and its caller is told why.
    const claimed = await claiming.catch(() => undefined)
    await claimed?.close()
  })
  try {
    const claimed = await claiming
    opened.deliver(take)
    return publicFace(claimed)
  } finally {
    start?.close()
  }
}

/** The app's own window before everything else. */
async function openWindowFirst(onOwned: () => void, quitting: AbortSignal): Promise<void> {
  await app.whenReady()
  const painted = firstPaint(quitting)
  onOwned()
  await painted
}

/** Another process asks this one to leave. Its windows may still refuse, as with every other quit. */
function quitSoon(): boolean {
  // After the answer is on its way.
  setImmediate(() => app.quit())
  return true
}

function lockOptionsOf(options: ClaimDataDirOptions, product: string): LockOptions & WarningDelay {
  return { ...options, app: product, version: options.version ?? app.getVersion(), warningDelay }
}

async function takeLaunch(
  launch: Launch,
  onLaunch: ClaimDataDirOptions['onLaunch'] = activate,
): Promise<LaunchOutcome> {
  await app.whenReady()
  const hadWindow = hasWindow()
  await onLaunch(launch)
  return bringToFront(!hadWindow)
}

/** What clicking the Dock icon does on macOS: every Electron template opens a window on it if there is none. */
function activate(): void {
  app.emit('activate', { preventDefault: () => undefined }, hasWindow())
}

function publicFace<Schema>({ pool, heldSince, lost, close }: Claim<Schema>): DataDirClaim<Schema> {
  const { db, dir, databasePath } = pool
  return { db, pool, dir, databasePath, heldSince, lost, close, [Symbol.asyncDispose]: close }
}
