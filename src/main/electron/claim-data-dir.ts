import { app } from 'electron'
import { checkOptions } from '../../shared/check-options.ts'
import { claimChecked } from '../claim/claim.ts'
import { OpenQuestions } from '../claim/open-questions.ts'
import type { WarningDelay } from '../directory/warnings.ts'
import { acquireChecked, type DataDirLock, type LockOptions, outageOf } from '../lock/data-dir-lock.ts'
import { DataDirLockedError } from '../lock/errors.ts'
import { MigrationAbortedError } from '../sqlite/errors/open-errors.ts'
import { type ClaimDataDirOptions, claimDataDirOptionChecks } from './claim-data-dir-options.ts'
import { type DataDirClaim, dataDirClaimOf } from './data-dir-claim.ts'
import { appLocale } from './dialogs/app-locale.ts'
import { StartWindow } from './dialogs/start-window.ts'
import {
  askAboutBackup,
  askAboutBusy,
  askAboutDamage,
  complain,
  tellFailure,
  wasAskedAbout,
} from './dialogs/tell-failure.ts'
import type { Language } from './held/contention.ts'
import { OwnerWatch } from './held/owner-watch.ts'
import { settleHeld } from './held/settle-held.ts'
import { chooseWords } from './held/words/choose-words.ts'
import { launchOf } from './launches/launch.ts'
import { OpenEvents } from './launches/open-events.ts'
import { LaunchIntake } from './launches/take-launch.ts'
import { closeAndExit, closeBeforeQuit, giveUpClosing } from './quit-order.ts'
import { firstPaint } from './windows/first-paint.ts'
import { followFocus } from './windows/focus.ts'

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
  const opened = OpenEvents.collect()
  try {
    return await ownOrSettle<Schema>(options, product, opened)
  } catch (error) {
    // The app was quit meanwhile, and waits for nothing but this.
    if (error instanceof MigrationAbortedError) return undefined
    complain(error, product)
    // A window that is open may be closed before the dialog.
    process.exitCode = exitFailed
    if (!wasAskedAbout(error)) {
      // If the dialog fails, the app still exits. Otherwise it would run without its data, perhaps without a window.
      await tellFailure(error, product).catch((failure: unknown) => complain(failure, product))
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
    // A first attempt waits, and blocks this thread. The watch tries again soon, so it does not wait.
    const tryLock = () => acquireChecked(lockOptionsOf(options, product), 0)
    const watch = new OwnerWatch(error, product, tryLock)
    const launch = launchOf()
    // For a signal or a quit that comes before this is settled.
    process.exitCode = exitHeld
    const end = await settleHeld(
      {
        watch,
        launch: () => opened.addTo(launch),
        launches: () => opened.after(launch),
        product,
        language: () => languageOf(options),
      },
      options.onHeld ?? 'dialog',
    )
    if (end === 'free') {
      process.exitCode = undefined
      return await takeOver<Schema>(options, product, opened, watch)
    }
    await closeAndExit(end === 'handed-over' ? 0 : exitHeld)
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
  const launches = new LaunchIntake(options.onLaunch)
  const quitting = new AbortController()
  const { onOwned } = options
  const { onDamaged = (damage) => askAboutDamage(damage, product, quitting.signal) } = options
  const { onBackupFailed = (error) => askAboutBackup(error, product, quitting.signal) } = options
  followFocus()
  let lock: DataDirLock | undefined
  const claiming = claimChecked<Schema>({
    ...options,
    ...lockOptionsOf(options, product),
    onDamaged,
    onBackupFailed,
    onBusy: (error) => askAboutBusy(error, product, quitting.signal),
    signal: quitting.signal,
    onLocked: (held) => {
      lock = held
    },
    onOwned: onOwned && (() => openWindowFirst(onOwned, quitting.signal)),
    onLaunch: (launch) => launches.take(launch),
    onQuitRequest: quitSoon,
    questions: new OpenQuestions(showQuestions),
    onMigrationProgress: (progress) => {
      start?.show(progress)
      options.onMigrationProgress?.(progress)
    },
  })
  closeBeforeQuit(async () => {
    quitting.abort()
    launches.close()
    // A claim that failed has closed everything, and its caller gets the reason.
    const closing = claiming.catch(() => undefined).then((claimed) => claimed?.close())
    await (lock ? Promise.race([closing, outageOf(lock).then(giveUpClosing)]) : closing)
  })
  try {
    const claimed = await claiming
    launches.takeFrom(opened)
    return dataDirClaimOf(claimed, launches)
  } finally {
    start?.close()
  }
}

/** The app's own window before everything else. */
async function openWindowFirst(onOwned: () => void, quitting: AbortSignal): Promise<void> {
  await app.whenReady()
  if (quitting.aborted) return
  const painted = firstPaint(quitting)
  onOwned()
  await painted
}

/** The user has started the app again, and is shown the dialog that waits for an answer. */
function showQuestions(): void {
  // The dialog itself has loaded it.
  void import('./dialogs/message-box.ts').then(({ raiseMessageBoxes }) => raiseMessageBoxes())
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
