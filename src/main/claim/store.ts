import { setTimeout as sleep } from 'node:timers/promises'
import type { OptionChecks } from '../../shared/check-options.ts'
import { InvalidOptionError } from '../../shared/data-dir-error.ts'
import { callback } from '../../shared/option-kinds.ts'
import { isOwnerProgress } from '../../shared/owner-activity.ts'
import { databasePathIn } from '../directory/names.ts'
import { MigrationAbortedError, throwIfCanceled } from '../sqlite/errors/open-errors.ts'
import type { OwnedDirectory } from '../sqlite/owned-directory.ts'
import { HeldElsewhereError } from './errors.ts'
import type { PublishedActivity } from './published-activity.ts'

/** The progress of opening a store. The start window and the dialogs of other launches show it. */
export interface OpenProgress {
  /** How many steps are done, a whole number. */
  readonly done: number
  /** How many steps there are. */
  readonly total: number
  /** What happens now, in the user's language. Default: a text of the package. */
  readonly text?: string
}

/** What `open` receives. */
export interface OpenContext {
  /** The data directory's real path. It exists, and this process has its lock. */
  readonly dir: string
  /** The name of the data directory. */
  readonly name: string
  /** Aborts when the app quits, or the call is canceled, before the store is open. Stop then, and throw. */
  readonly signal: AbortSignal
  /**
   * Reports progress.
   *
   * @throws {InvalidOptionError} if `done` or `total` is not a whole number, or `done` is greater.
   */
  onProgress(progress: OpenProgress): void
  /**
   * Ends the claim: `claim.lost` aborts with a {@link StoreLostError}. Call it when the store finds that another process
   * writes to it, also long after it was opened. The store must refuse writes itself.
   */
  lose(reason: unknown): void
}

/** A store that the app opens itself, of any kind. */
export interface StoreOptions<Store> {
  /**
   * Opens the app's own store. At that time, the lock is taken, and the database, if there is one, is open. What `open`
   * returns is `claim.store`. If it throws, everything is undone and the claim fails with that error.
   *
   * If the store is in use elsewhere, throw {@link heldElsewhere}.
   */
  readonly open?: (context: OpenContext) => Store | Promise<Store>
  /**
   * Closes the store. The lock is released after this has ended. Default: the store's own `close()`,
   * `[Symbol.asyncDispose]()` or `[Symbol.dispose]()`, the first one that it has.
   */
  readonly close?: (store: Store) => unknown
  /**
   * Called before anything is closed, and awaited, for example to save what is not saved yet. Launches are no longer
   * accepted then. Database and store can still be used. If it throws, the rest is closed anyway.
   */
  readonly beforeClose?: () => unknown
}

export const storeOptionChecks: OptionChecks<StoreOptions<unknown>> = {
  open: callback,
  close: callback,
  beforeClose: callback,
}

/** Waits while the store is in use elsewhere: calls `tryAgain` again and again until it succeeds. */
export type OnHeldElsewhere = <Store>(
  error: HeldElsewhereError,
  tryAgain: () => Promise<Store>,
) => Promise<Store>

/** Options for callers inside this package. */
export interface InternalStoreOptions<Store> extends StoreOptions<Store> {
  readonly signal?: AbortSignal
  /** Called with the progress of `open`. */
  readonly onOpenProgress?: (progress: OpenProgress) => void
  /** Default: the claim fails. */
  readonly onHeldElsewhere?: OnHeldElsewhere
}

export interface StoreOpening<Store> {
  readonly owned: OwnedDirectory
  readonly activity: PublishedActivity
  readonly lose: (reason: unknown) => void
  readonly options: InternalStoreOptions<Store>
}

/** How long, in milliseconds, a quit waits for an attempt to open the store. */
const longestAttempt = 10_000

/** Calls the app's `open`. Waits for its end even if it is canceled, because until then it may write to the directory. */
export async function openStore<Store>(
  open: NonNullable<StoreOptions<Store>['open']>,
  { owned, activity, lose, options }: StoreOpening<Store>,
): Promise<Store> {
  const { directory, name } = owned
  const { onOpenProgress, onHeldElsewhere } = options
  // Aborts when nobody waits for the store any more.
  const givingUp = new AbortController()
  const signal = AbortSignal.any([givingUp.signal, ...(options.signal ? [options.signal] : [])])
  const path = databasePathIn(directory.path, name)
  let isOpening = true
  const context: OpenContext = {
    dir: directory.path,
    name,
    signal,
    lose,
    onProgress(progress) {
      checkProgress(progress)
      // A store may report its last steps late. Other launches must not take the app for one that is still opening.
      if (!isOpening) return
      const { done, total } = progress
      activity.set({ state: 'migrating', progress: { done, total } })
      onOpenProgress?.(progress)
    },
  }
  const tryToOpen = async () => {
    throwIfCanceled(path, signal)
    try {
      const store = await open(context)
      if (!signal.aborted) return store
      await closeStore(store, options.close)
    } catch (error) {
      // The cancellation is the reason to report, also if it caused another error.
      throw signal.aborted ? new MigrationAbortedError(path, error) : error
    }
    throw new MigrationAbortedError(path, signal.reason)
  }
  let attempt: Promise<Store> | undefined
  const tryAgain = () => {
    attempt = tryToOpen()
    return attempt
  }
  try {
    return await tryAgain()
  } catch (error) {
    if (!(error instanceof HeldElsewhereError) || !onHeldElsewhere) throw error
    try {
      return await activity.whileAsking(() => onHeldElsewhere(error, tryAgain))
    } catch (failure) {
      // The user has quit, perhaps during an attempt, which may still write to the directory.
      givingUp.abort(failure)
      const closed = attempt?.then((store) => closeStore(store, options.close)).catch(() => undefined)
      await Promise.race([closed, sleep(longestAttempt, undefined, { ref: false })])
      throw failure
    }
  } finally {
    isOpening = false
  }
}

/** @throws {InvalidOptionError} if it is not progress. */
function checkProgress({ done, total }: OpenProgress): void {
  if (isOwnerProgress({ done, total })) return
  const summary = `onProgress was given ${done} of ${total}.`
  throw new InvalidOptionError(
    'onProgress',
    summary,
    'Give whole numbers from 0 on, "done" not above "total".',
  )
}

/** Closes a store, with the app's own function or the first method of the store that closes it. */
export async function closeStore<Store>(store: Store, close: StoreOptions<Store>['close']): Promise<void> {
  if (close) {
    await close(store)
    return
  }
  const closable = Object(store) as Partial<AsyncDisposable & Disposable & { close(): unknown }>
  if (typeof closable.close === 'function') await closable.close()
  else if (typeof closable[Symbol.asyncDispose] === 'function') await closable[Symbol.asyncDispose]?.()
  else closable[Symbol.dispose]?.()
}
