import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { app } from 'electron'
import { checkOptions, type OptionChecks } from '../../shared/check-options.ts'
import { Deferred } from '../../shared/deferred.ts'
import { foreignText } from '../../shared/printable.ts'
import { claimOwned } from '../claim/claim.ts'
import { type AnySchema, flattenDatabase, hasDatabase } from '../claim/database-option.ts'
import { NoDatabaseError } from '../claim/errors.ts'
import type { WarningDelay } from '../directory/warnings.ts'
import type { LockOptions } from '../lock/data-dir-lock.ts'
import { DataDirLockedError } from '../lock/errors.ts'
import { MigrationAbortedError } from '../sqlite/errors/open-errors.ts'
import { deferredKysely } from '../sqlite/kysely/deferred-kysely.ts'
import { lockToOpen, type OwnedDirectory } from '../sqlite/owned-directory.ts'
import { afterFailure } from './after-failure.ts'
import { type ClaimDataDirOptions, claimDataDirOptionChecks } from './claim-data-dir-options.ts'
import { contend } from './contend.ts'
import type { DataDirClaim, DataDirClaiming } from './data-dir-claim.ts'
import { appLanguage } from './dialogs/app-locale.ts'
import { chooseDialogs } from './dialogs/dialog-kind.ts'
import {
  type Asking,
  askAboutBackup,
  askAboutBusy,
  askAboutDamage,
  printFailure,
} from './dialogs/failure-dialogs.ts'
import { StartWindow } from './dialogs/start-window.ts'
import { whenReady } from './dialogs/when-ready.ts'
import { waitElsewhere } from './held/held-elsewhere.ts'
import { ownScreen } from './held/screens.ts'
import { collectOpenEvents, deliverOpenEvents } from './launches/open-events.ts'
import { launchOf } from './launches/own-launch.ts'
import { isSquirrelEvent } from './launches/squirrel.ts'
import { launchQueueOf } from './launches/take-launch.ts'
import { closeBeforeQuit, giveUpClosing, quitAfterSquirrelEvent, quitSignal } from './quit-order.ts'
import { AppWindow } from './windows/app-window.ts'
import { firstWindow } from './windows/first-window.ts'
import { followFocus } from './windows/focus.ts'

// In milliseconds. By then an app has opened its window, which matters more to its user than a warning.
const warningDelay = 1_000

const stillClosing =
  'a statement still runs, or beforeClose, close or the close() of the store has not ended. If it never ends, end the process.'

/** How long, in milliseconds, a quit waits for an `open` of the app that was canceled. */
const longestCancel = 10_000

/**
 * Makes this process the owner of a data directory, or takes the user to the process that is the owner.
 *
 * Call it at the top of the main module. It takes the lock synchronously, before `ready` and before any window can exist,
 * and opens the database or the app's own store while Electron starts. On quit it closes everything in order, after the
 * app's own `will-quit` listeners.
 *
 * Do not `await` it at the top level of an ES module: Electron becomes ready only after the main module has run, and
 * the dialogs wait for `ready` (electronjs.org/docs/latest/tutorial/esm#main-process).
 *
 * @returns an object at once, with `owned`, `db` and `store`. Awaiting it returns the claim. The claim is undefined if
 * another process owns the directory, or if the database or the store cannot be opened. A native dialog and stderr have
 * then shown the reason, and the app is closing its windows and exiting. The claim is also undefined in a process that
 * Squirrel's installer has started on Windows, for example with `--squirrel-install`. Then nothing is touched or shown.
 * The app quits after 5 s, unless its own handler has quit it before.
 * @throws nothing: every error during opening, including one that a callback of the app throws, is shown in a dialog
 * and written to stderr. If the failure can go away, the dialog offers to try again: the claim then starts from the
 * beginning, and queries that wait go on waiting. Otherwise the app exits with code 1. For an invalid option, the dialog
 * says only that the app has an error.
 *
 * @example
 * ```ts
 * import { app, ipcMain } from 'electron'
 * import { claimDataDir } from 'electron-datadir'
 *
 * const data = claimDataDir<Schema>({ migrations })
 *
 * app.whenReady().then(async () => {
 *   if (await data.owned) openWindow()
 * })
 * ipcMain.handle('notes', () => data.db.selectFrom('note').selectAll().execute())
 * ```
 */
export function claimDataDir<Schema = AnySchema, Store = undefined>(
  options: ClaimDataDirOptions<Store> = {},
): DataDirClaiming<Schema, Store> {
  const owned = new Deferred<boolean>()
  let refuse: (reason: unknown) => void = () => undefined
  const refused = new Promise<never>((_, reject) => {
    refuse = (reason) => {
      owned.resolve(false)
      reject(reason)
    }
  })
  const claimed = startClaim<Schema, Store>(options, () => owned.resolve(true), refuse)
  // `refused` comes first: it rejects while the app still runs.
  const opened = Promise.race([refused, claimed.then((claim) => claim ?? refused)])
  const [store, opening] = [opened.then((claim) => claim.store), opened.then((claim) => claim.pool.db)]
  // The dialog and stderr show the reason, whether or not the app asks for it here.
  for (const promise of [store, opening]) promise.catch(() => undefined)
  const db = deferredKysely(opening)
  return Object.defineProperties(claimed as DataDirClaiming<Schema, Store>, {
    owned: { value: owned.promise },
    store: { value: store },
    db: {
      get() {
        if (hasDatabase(Object(options))) return db
        throw new NoDatabaseError(dirOf(Object(options)))
      },
    },
  })
}

/**
 * @param resolveOwned is called when this process has the directory and Electron is ready.
 * @param refuse is called with the reason when this process will not have the data: while the user can still try again,
 * whatever waits for the data goes on waiting.
 * @returns undefined if this process does not have the data. The app is then exiting.
 */
async function startClaim<Schema, Store>(
  options: ClaimDataDirOptions<Store>,
  resolveOwned: () => void,
  refuse: (reason: unknown) => void,
): Promise<DataDirClaim<Schema, Store> | undefined> {
  if (isSquirrelEvent()) {
    refuse(new MigrationAbortedError(dirOf(options), undefined))
    quitAfterSquirrelEvent()
    return undefined
  }
  const product = productOf(options)
  collectOpenEvents()
  const quitting = quitSignal()
  const asking: Asking = { product, language: () => appLanguage(Object(options)), signal: quitting }
  const { onOwned, chooseDir } = Object(options) as typeof options
  const window = new AppWindow(onOwned)
  let chosen: string | undefined
  for (;;) {
    const failed = new AbortController()
    try {
      checkOptions('claimDataDir', options, claimDataDirOptionChecks as OptionChecks<typeof options>)
      chooseDialogs(options.dialogs, () => asking.language().locale)
      const request = {
        ...flattenDatabase('claimDataDir', options),
        ...(onOwned && { onOwned: () => failed.signal.aborted || window.open() }),
        dir: chosen ?? dirOf(options),
        app: product,
        version: options.version ?? app.getVersion(),
        warningDelay,
      }
      const locked = lockOrContend(request, refuse)
      // The hand-off starts before this function first waits: the app may block this thread as soon as it is called.
      const owned = locked instanceof Promise ? await locked : locked
      if (!owned) return undefined
      void whenReady(product).then(() => quitting.aborted || failed.signal.aborted || resolveOwned())
      return await open<Schema, Store>(owned, request, asking)
    } catch (error) {
      failed.abort()
      const answer = await afterFailure(error, asking, { canTryAgain: !window.hasFailed, chooseDir }, refuse)
      if (answer === 'quit') return undefined
      if (answer !== 'try-again') chosen = answer.dir
    }
  }
}

function dirOf({ dir }: Pick<ClaimDataDirOptions, 'dir'>): string {
  return dir ?? join(app.getPath('userData'), 'data')
}

/**
 * Also used in messages about invalid options, and `productName` may itself be the invalid option. It is as clean and as
 * short as the name in an owner record.
 */
function productOf(options: Pick<ClaimDataDirOptions, 'productName'>): string {
  const wanted: unknown = Object(options).productName
  return foreignText(typeof wanted === 'string' ? wanted : app.getName())
}

/** The options of a claim, with what its owner record says. */
type ClaimRequest<Store> = ClaimDataDirOptions<Store> &
  WarningDelay &
  Required<Pick<LockOptions, 'dir' | 'app' | 'version'>>

/**
 * Takes the lock before this function first waits for anything, or runs as a contender of the process that has it.
 *
 * @returns undefined if another process keeps the directory. The app is then exiting.
 */
function lockOrContend<Store>(
  request: ClaimRequest<Store>,
  refuse: (reason: unknown) => void,
): OwnedDirectory | Promise<OwnedDirectory | undefined> {
  try {
    return lockToOpen(request)
  } catch (error) {
    if (!(error instanceof DataDirLockedError)) throw error
    printFailure(error, request.app)
    return contend(error, request, refuse)
  }
}

async function open<Schema, Store>(
  owned: OwnedDirectory,
  request: ClaimRequest<Store>,
  asking: Asking,
): Promise<DataDirClaim<Schema, Store>> {
  const { onOwned, startWindow = true } = request
  const { onDamaged = (damage) => askAboutDamage(damage, asking) } = request
  const { onBackupFailed = (error) => askAboutBackup(error, asking) } = request
  const { product, language, signal: quitting } = asking
  const loaded = new Deferred()
  if (!hasDatabase(request)) loaded.resolve()
  const start = startWindow ? new StartWindow(product, language, loaded.promise) : undefined
  const launches = launchQueueOf(request.onLaunch, launchOf())
  const stopEvents = deliverOpenEvents((launch) => launches.add(launch))
  let isOpening = true
  owned.lock?.publish(ownScreen())
  followFocus()
  const claiming = claimOwned<Schema, Store>(owned, {
    ...request,
    hasDatabase: hasDatabase(request),
    onDamaged,
    onBackupFailed,
    onBusy: (error) => askAboutBusy(error, asking),
    onHeldElsewhere: (error, tryAgain) =>
      waitElsewhere(error, tryAgain, {
        product,
        dir: owned.directory.path,
        language,
        signal: quitting,
      }),
    signal: quitting,
    onOwned: undefined,
    whileOpening: onOwned && (() => openWindow(onOwned, product, quitting)),
    onLoaded: loaded.resolve,
    quiet: firstWindow(whenReady(product), quitting),
    launches,
    onLaunchWhileAsking: showQuestions,
    onOpenProgress: (progress) => start?.show(progress),
    onMigrationProgress: (progress) => {
      start?.show(progress)
      request.onMigrationProgress?.(progress)
    },
  })
  const takeBack = closeBeforeQuit(async () => {
    stopEvents()
    // A claim that failed has closed everything, and its caller gets the reason.
    const closing = claiming.catch(() => undefined).then((claimed) => claimed?.close())
    const { lock } = owned
    let isClosed = false
    await Promise.race([
      closing.finally(() => {
        isClosed = true
      }),
      ...(lock ? [lock.outage().then(giveUpClosing)] : []),
      // If the app does not stop opening its store, the process ends anyway. The kernel then releases the lock.
      sleep(longestCancel).then(async () => {
        if (isOpening || isClosed) return
        console.error(`${product}: it does not exit, because its data is still being closed: ${stillClosing}`)
        await closing
      }),
    ])
  })
  try {
    const claim = await claiming
    const close = () => {
      stopEvents()
      return claim.close()
    }
    return {
      get db() {
        return claim.pool.db
      },
      get pool() {
        return claim.pool
      },
      get databasePath() {
        return claim.pool.databasePath
      },
      store: claim.store,
      dir: claim.dir,
      heldSince: claim.heldSince,
      lost: claim.lost,
      close,
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    stopEvents()
    takeBack()
    throw error
  } finally {
    isOpening = false
    start?.close()
  }
}

async function openWindow(onOwned: () => void, product: string, quitting: AbortSignal): Promise<void> {
  await whenReady(product)
  if (!quitting.aborted) onOwned()
}

/** The user has started the app again. The dialog that waits for an answer is raised. */
function showQuestions(): void {
  // The dialog itself has loaded it.
  void import('./dialogs/message-box.ts').then(({ raiseMessageBoxes }) => raiseMessageBoxes())
}
