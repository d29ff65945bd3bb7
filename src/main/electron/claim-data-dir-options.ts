import type { OptionChecks } from '../../shared/check-options.ts'
import { callback, either, oneOf, plainObject, text, trueOrFalse } from '../../shared/option-kinds.ts'
import type { DirectoryChecks } from '../directory/warnings.ts'
import { directoryOptionChecks } from '../lock/data-dir-lock.ts'
import type { OnDamaged } from '../sqlite/damaged.ts'
import type { OnBackupFailed } from '../sqlite/migrations/migrations-backup.ts'
import { type OpenOptions, openOptionChecks } from '../sqlite/open-options.ts'
import { type PoolOptions, poolOptionChecks } from '../sqlite/scheduling/pool-options.ts'
import type { OnHeld } from './held/on-held.ts'
import type { HeldWords } from './held/words/held-words.ts'
import type { OnLaunch } from './launches/take-launch.ts'

/**
 * What {@link claimDataDir} takes. Only `dir` must be given. The options of the pool and of the checks of the
 * directory are here too.
 */
export interface ClaimDataDirOptions extends DirectoryChecks, PoolOptions, Omit<OpenOptions, 'signal'> {
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
   * What to do when the backup before the migrations cannot be made. Default: the user is asked in a native dialog
   * whether to try again, to go on without a backup, or to quit.
   */
  readonly onBackupFailed?: OnBackupFailed
  /**
   * Called after `ready` as soon as the directory is this process's. A window that is opened here appears nearly as
   * early as without this package: the database is opened, and launches are taken, when it is painted, at the latest
   * after a second. What its page asks for meanwhile waits for the claim. Default: the database is opened at once, and
   * the app opens its window when it has the claim.
   *
   * If the database cannot be opened or this callback throws, the user sees a dialog. The app then exits, and its
   * windows close.
   */
  readonly onOwned?: () => void
  /**
   * Called in the owner, after `ready` and with the database open, for each launch another process handed over.
   * Make sure there is a window and that it shows what the launch asks for; when this returns, the window used
   * last is brought to the front, or one that was opened meanwhile. Default: the app's `activate` event, if there is no
   * window.
   *
   * One launch after another. One with more arguments than fit into 64 KiB comes as several, in their order.
   */
  readonly onLaunch?: OnLaunch
  /**
   * What happens when somebody else owns the directory. Default `dialog`.
   *
   * - `dialog`: the held dialog, always;
   * - `focus`: the launch is handed over without a word, and the held dialog appears only if no window came of it;
   * - a function decides, with what is known of the owner.
   *
   * Without a display there is no dialog: its words go to stderr, and nothing is handed over unless this is `focus`.
   */
  readonly onHeld?: OnHeld
  /** The language of the held dialog and the start window: a BCP 47 tag. Default `app.getLocale()`. */
  readonly locale?: string
  /** Words of your own for the held dialog, over the built-in ones: English, and German where the locale is. */
  readonly words?: Partial<HeldWords>
  /**
   * Whether a small window with the progress appears when opening the database takes longer than 300 ms and the app
   * has no window yet. Default true.
   */
  readonly startWindow?: boolean
}

export const claimDataDirOptionChecks: OptionChecks<ClaimDataDirOptions> = {
  dir: text,
  name: text,
  productName: text,
  version: text,
  ...directoryOptionChecks,
  ...poolOptionChecks,
  ...openOptionChecks,
  onOwned: callback,
  onLaunch: callback,
  onHeld: either(oneOf('dialog', 'focus'), callback),
  locale: text,
  words: plainObject,
  startWindow: trueOrFalse,
}
