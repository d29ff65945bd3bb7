import type { HeldWords } from './held-words.ts'

/**
 * Why an app cannot open its data, as its user sees it. Each name is the headline of a dialog, and with `Advice` added it is
 * the text below: what it means, and what to do.
 */
export type FailureName =
  /** The user may not read or change a file or folder. */
  | 'noPermission'
  /** The user may not create a folder, or may not enter the folder above it. Its drive may also be missing. */
  | 'cannotCreate'
  /** The filesystem is read-only. */
  | 'readOnly'
  | 'diskFull'
  | 'quotaUsed'
  /** The filesystem does not allow files of that size. */
  | 'fileTooLarge'
  /** There is too little memory, or too many files are open. */
  | 'overloaded'
  /** Something else is at the path of the data directory, or of a file in it. */
  | 'inTheWay'
  | 'folderMissing'
  | 'diskError'
  /** No lock on this filesystem can be trusted, or SQLite cannot work on it. */
  | 'unsuitableFolder'
  /** Another program keeps the database locked: `{program}`. */
  | 'busy'
  /** The database is encrypted, and the key does not fit. */
  | 'wrongKey'
  /** The database is a link, or has a second name. */
  | 'linked'
  /** The data directory or a file in it was moved or replaced while it was being opened. */
  | 'replaced'
  | 'dataDamaged'
  /** Only indexes are damaged, which can be rebuilt from the rows. */
  | 'indexDamaged'
  | 'dataMissing'
  /** The database and its log do not belong together. */
  | 'dataMismatch'
  | 'dataNewer'
  /** The migrations failed for a reason that is in the app. */
  | 'updateFailed'
  /** The backup before the migrations cannot be made. */
  | 'backupFailed'
  /** A backup cannot be put in the place of the database. */
  | 'restoreFailed'
  /** The database must be restored, and no backup can be used, or the folder of the backups cannot be read. */
  | 'backupMissing'
  /** A native module or another part of the app does not load. */
  | 'brokenInstall'
  /** The app uses the package in a wrong way. */
  | 'ownError'
  /** Anything else. */
  | 'failed'

/** Every text of the dialogs about data that cannot be opened. Names in braces are replaced, as in {@link HeldWords}. */
export interface FailureWords extends Readonly<Record<FailureName | `${FailureName}Advice`, string>> {
  /** A line if there is a good backup: `{time}` is when it was made. */
  readonly goodBackup: string
  /** The same for a copy that was rescued from the open files. */
  readonly rescuedCopy: string
  /** A line if there is no good backup, and **Start Fresh** is offered. */
  readonly noBackup: string
  /** A line if **Open Anyway** is offered. */
  readonly withoutChanges: string
  /** A line if a button may replace a file or set it aside. */
  readonly fileIsKept: string

  /** A line of facts: `{value}` is the path of a file or folder. */
  readonly location: string
  /** A line of facts: `{value}` is how much space a backup needs in addition. */
  readonly spaceNeeded: string
  /** A line of facts: `{value}` is the code or the message of the error, for the one who repairs it. */
  readonly error: string

  /** The button that opens the folder of the data in the file manager. */
  readonly openFolder: string
  /** The button that calls the option `chooseDir`. */
  readonly chooseFolder: string
  /** The button that puts the newest good backup in the place of the database. */
  readonly restoreBackup: string
  /** The same button for a copy that was rescued from the open files. */
  readonly restoreCopy: string
  /** The button that rebuilds damaged indexes. */
  readonly repair: string
  /** The button that opens the database without a log that does not belong to it. */
  readonly openAnyway: string
  /** The button that starts without data. The old file is kept next to the new one. */
  readonly startFresh: string
  /** The button that updates the data although its backup cannot be made. */
  readonly continueWithoutBackup: string
}

/** Every text of the start window. */
export interface StartWords {
  /** While the database is being opened. */
  readonly opening: string
  /** While migrations run: `{done}` of `{total}`. */
  readonly updating: string
  /** During the backup before them: `{done}` of `{total}`, with a unit. */
  readonly backingUp: string
  /** While that backup is checked. */
  readonly checkingBackup: string
}

/** Every text that the dialogs and the start window of this package show: one table per language. */
export interface DialogWords extends HeldWords, FailureWords, StartWords {}
