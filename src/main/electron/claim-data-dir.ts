import { app } from 'electron'
import type { Kysely } from 'kysely'
import { DataDirError } from '../../shared/data-dir-error.ts'
import { type Claim, claim } from '../claim.ts'
import type { Launch, LaunchOutcome } from '../handoff/protocol.ts'
import { DataDirLockedError } from '../lock/errors.ts'
import type { OnDamaged } from '../sqlite/damaged.ts'
import { MigrationAbortedError } from '../sqlite/errors.ts'
import type { OpenOptions } from '../sqlite/open-options.ts'
import type { Pool } from '../sqlite/pool.ts'
import type { PoolOptions } from '../sqlite/pool-options.ts'
import { askAboutDamage, wasAskedAbout } from './damaged-dialog.ts'
import { showFailureDialog } from './failure-dialog.ts'
import { bringToFront, followFocus, hasWindow } from './focus.ts'
import { showHeldDialog } from './held-dialog.ts'
import { launchOf } from './launch.ts'
import { closeBeforeQuit } from './quit-order.ts'

export interface ClaimDataDirOptions extends PoolOptions, Omit<OpenOptions, 'signal'> {
  /** The data directory; created with mode 0700 where it is missing. */
  readonly dir: string
  /** Names the files in it: `NAME.lock`, `NAME.db`, `NAME.sock`. Default `app`. */
  readonly name?: string
  /** This app's name in dialogs. Default `app.getName()`. */
  readonly productName?: string
  /** This app's version in the owner record. Default `app.getVersion()`. */
  readonly version?: string
  /**
   * What becomes of a damaged database of which there is a good backup. Default: the user is asked in a native
   * dialog whether to restore the backup.
   */
  readonly onDamaged?: OnDamaged
  /**
   * Called in the owner, after `ready` and with the database open, for each launch another process handed over.
   * Make sure there is a window and that it shows what the launch asks for; when this returns, the window used
   * last is brought to the front. Default: the app's `activate` event, if there is no window.
   */
  readonly onLaunch?: (launch: Launch) => void | Promise<void>
}

/** The data directory is this process's. */
export interface DataDirClaim<Schema> extends AsyncDisposable {
  readonly db: Kysely<Schema>
  /** The same database with what Kysely has no words for: `batch`, `query` with limits, `stats`. */
  readonly pool: Pool<Schema>
  /** The data directory's real path. */
  readonly dir: string
  readonly databasePath: string
  /** When the lock was taken; undefined where `NAME_SKIP_DATADIR_LOCK` skips it. */
  readonly heldSince: Date | undefined
  /**
   * Aborts, with a `LockLostError` as its reason, when the lock file was removed or replaced and could not be made
   * anew. The database refuses writes from then on; tell the user and quit.
   */
  readonly lost: AbortSignal | undefined
  /** Closes hand-off server, database and lock, in that order. It is called on quit; twice is once. */
  close(): Promise<void>
}

/** The exit code where somebody else owns the directory and nothing was handed over: EX_TEMPFAIL of sysexits.h. */
const exitHeld = 75
const exitFailed = 1

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
 * dialog, the same words went to stderr, and the app is on its way out: open no window.
 * @throws nothing that is an error of this package: those are what the dialogs are for.
 *
 * @example
 * ```ts
 * const claiming = claimDataDir<Schema>({ dir: join(app.getPath('userData'), 'data'), migrations })
 *
 * app.whenReady().then(async () => {
 *   const claim = await claiming
 *   if (claim) openWindow(claim.db)
 * })
 * ```
 */
export async function claimDataDir<Schema>(
  options: ClaimDataDirOptions,
): Promise<DataDirClaim<Schema> | undefined> {
  const product = options.productName ?? app.getName()
  for (;;) {
    try {
      return await own<Schema>(options, product)
    } catch (error) {
      if (!(error instanceof DataDirError)) throw error
      // The app was quit meanwhile, and waits for nothing but this.
      if (error instanceof MigrationAbortedError) return undefined
      console.error(`${product}: ${error.message} [${error.code}]`)
      if (!(error instanceof DataDirLockedError)) {
        if (options.onDamaged || !wasAskedAbout(error)) await showFailureDialog(error, product)
        app.exit(exitFailed)
        return undefined
      }
      const answer = await showHeldDialog(error, product, launchOf())
      if (answer === 'try-again') continue
      app.exit(answer === 'handed-over' ? 0 : exitHeld)
      return undefined
    }
  }
}

async function own<Schema>(options: ClaimDataDirOptions, product: string): Promise<DataDirClaim<Schema>> {
  const quitting = new AbortController()
  const claiming = claim<Schema>({
    onDamaged: (damage) => askAboutDamage(damage, product, quitting.signal),
    ...options,
    signal: quitting.signal,
    app: product,
    version: options.version ?? app.getVersion(),
    onLaunch: (launch) => takeLaunch(launch, options.onLaunch),
  })
  closeBeforeQuit(async () => {
    quitting.abort()
    // A claim that failed has closed everything, and its caller is told why.
    const claimed = await claiming.catch(() => undefined)
    await claimed?.close()
  })
  const claimed = await claiming
  followFocus()
  return publicFace(claimed)
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
