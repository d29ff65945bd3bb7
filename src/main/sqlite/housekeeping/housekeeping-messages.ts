import type { BackupProgress, CopySettings } from '../backup/backup.ts'
import type { BackupResult } from '../backup/check-backup.ts'
import type { CarriedError } from '../wire/carried-error.ts'
import type { LostFile } from './file-watch.ts'
import type { PinnedLog } from './housekeeping.ts'

/** What the connection that writes does besides statements. The commands have their own port. */
export type HousekeepingCommand =
  | { readonly type: 'backup'; readonly to: string; readonly settings: CopySettings }
  | { readonly type: 'optimize' }
  | { readonly type: 'quick-check' }
  | { readonly type: 'full-check' }
  /** Checks whether the files are still the ones that were opened. */
  | { readonly type: 'look' }
  /** Cancels every backup. The answer comes when no part of a backup is left. */
  | { readonly type: 'stop' }

export type HousekeepingRequest =
  | { readonly id: number; readonly command: HousekeepingCommand }
  | { readonly id: number; readonly abort: true }
  /** The answer to `isSealed`. */
  | { readonly id: number; readonly finish: true }

export type HousekeepingReply =
  | { readonly id: number; readonly done: true; readonly result: BackupResult | undefined }
  | { readonly id: number; readonly error: CarriedError }
  | { readonly id: number; readonly progress: BackupProgress }
  /** The backup is ready. It gets its name after the other end has handled all of its progress reports. */
  | { readonly id: number; readonly isSealed: true }
  | { readonly pinned: PinnedLog }
  /** A file is no longer the one that was opened. */
  | { readonly lost: LostFile }
  /** What was saved after that: its path, or undefined when nothing could be saved. */
  | { readonly rescued: string | undefined }
