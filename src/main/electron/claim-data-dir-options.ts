import type { OptionChecks } from '../../shared/check-options.ts'
import { callback, either, oneOf, plainObject, text, trueOrFalse } from '../../shared/option-kinds.ts'
import { type DatabaseOption, databaseChecks } from '../claim/database-option.ts'
import { type StoreOptions, storeOptionChecks } from '../claim/store.ts'
import type { DirectoryChecks } from '../directory/warnings.ts'
import { lockOptionChecks } from '../lock/data-dir-lock.ts'
import type { OnDamaged } from '../sqlite/damaged.ts'
import type { OnBackupFailed } from '../sqlite/migrations/migrations-backup.ts'
import type { LanguageOptions } from './dialogs/app-locale.ts'
import type { DialogKind } from './dialogs/dialog-kind.ts'
import type { OnHeld } from './held/on-held.ts'
import type { OnLaunch } from './launches/take-launch.ts'

/**
 * The options of {@link claimDataDir}. None is required.
 *
 * `migrations`, `database` or any other option of the database opens one. `open` opens a store of the app's own. Without
 * both, the package only takes the lock, shows the dialog and hands launches over.
 */
export interface ClaimDataDirOptions<Store = undefined>
  extends DirectoryChecks,
    DatabaseOption,
    StoreOptions<Store>,
    LanguageOptions {
  /** The data directory; created with mode 0700 if it is missing. Default: the folder `data` in `userData`. */
  readonly dir?: string
  /** Names the files in it: `NAME.lock`, `NAME.db`, `NAME.sock`. Default `app`. */
  readonly name?: string
  /** This app's name in dialogs. Default `app.getName()`. */
  readonly productName?: string
  /** This app's version in the owner record. Default `app.getVersion()`. */
  readonly version?: string
  /**
   * What to do with a damaged database. Default: a native dialog asks the user, for example whether to restore the
   * newest good backup.
   */
  readonly onDamaged?: OnDamaged
  /**
   * What to do when the backup before the migrations cannot be made. Default: a native dialog asks the user
   * whether to try again, to continue without a backup, or to quit.
   */
  readonly onBackupFailed?: OnBackupFailed
  /**
   * Lets the user choose another data directory. If it is set, the dialog about a folder that cannot be used has the button
   * **Choose Another Folder…**, which calls it, for example to show `dialog.showOpenDialog`. It returns the directory, or
   * undefined if the user has canceled. The claim goes on with that directory. Remember the choice for the next start.
   */
  readonly chooseDir?: () => string | undefined | Promise<string | undefined>
  /**
   * Called after `ready`, as soon as this process owns the directory. A window that is opened here appears nearly as
   * early as without this package. Database and store are opened meanwhile, and queries on `db` wait for the database.
   * `await data.owned` is another way to do the same. Default: none.
   *
   * If the database cannot be opened or this callback throws, the user sees a dialog. The app then exits, and its
   * windows close.
   */
  readonly onOwned?: () => void
  /**
   * Called in the owner, after `ready` and with database and store open, for each launch that another process handed over.
   * Make sure that there is a window and that it shows what the launch asks for. When the callback returns, the package
   * brings to the front the window that was used last, or one that was opened during the call. Default: if there is no
   * window, the app's `activate` event is emitted.
   *
   * The first launch is that of this process itself, if it was started with a file or a URL. A start without them does not
   * call it, because the app opens its window anyway. Do not open the files of `process.argv` yourself as well.
   *
   * It is called for one launch after another, in the order of their arrival. A launch has at most 1 MiB, which is
   * enough for some thousand files. A larger launch is not handed over: the second process shows the reason and exits
   * with code 75.
   */
  readonly onLaunch?: OnLaunch
  /**
   * What happens when another process owns the directory. Default `dialog`.
   *
   * - `dialog`: the held dialog always appears.
   * - `focus`: the launch is handed over without a dialog. The held dialog appears only if no window was shown. If the
   *   owner's windows are on another screen than this process, the dialog appears first.
   * - A function decides. It receives what is known about the owner.
   *
   * Without a display there is no dialog. Its text goes to stderr, and the launch is handed over only if this option is
   * `focus`.
   */
  readonly onHeld?: OnHeld
  /**
   * How the dialogs appear. `native`: message boxes of the system. `html`: small windows with a page of the package, which
   * screen readers on Linux can read. Default: `html` on Linux if the desktop says that a screen reader is enabled,
   * otherwise `native`. If there are several claims, the last one decides for all.
   */
  readonly dialogs?: DialogKind
  /**
   * Whether a small window shows the progress if opening the database takes longer than 300 ms and the app has no
   * window yet. Default true.
   */
  readonly startWindow?: boolean
}

const { app: _, ...directoryOptionChecks } = lockOptionChecks

export const claimDataDirOptionChecks: OptionChecks<ClaimDataDirOptions<unknown>> = {
  ...directoryOptionChecks,
  productName: text,
  ...databaseChecks,
  ...storeOptionChecks,
  chooseDir: callback,
  onOwned: callback,
  onLaunch: callback,
  onHeld: either(oneOf('dialog', 'focus'), callback),
  locale: text,
  words: plainObject,
  dialogs: oneOf('native', 'html'),
  startWindow: trueOrFalse,
}
