import type { Launch } from '../../handoff/messages/protocol.ts'
import type { Holder } from '../../owner/holder.ts'
import type { OwnerRecord } from '../../owner/owner-record.ts'
import type { HeldCase } from './words/held-case.ts'

/** What a contender does next. */
export type HeldChoice =
  /** Shows the held dialog. */
  | 'dialog'
  /** Hands the launch over, and shows the held dialog only if no window came of it. */
  | 'focus'
  /** Tries the lock again, half a second later. */
  | 'try-again'
  /** Ends this app: with 0 if the launch was handed over, else with 75. */
  | 'quit'

/** What an app's own `onHeld` decides by. */
export interface HeldInfo {
  /** The data directory's real path. */
  readonly dir: string
  /** What the owner wrote about itself; undefined where the record is missing, malformed or not the holder's. */
  readonly owner: OwnerRecord | undefined
  /** Who the kernel says it is; undefined where it does not tell, as on macOS and Windows. */
  readonly holder: Holder | undefined
  /** The owner's process id, where it means something to this process; undefined where it is not known. */
  readonly pid: number | undefined
  /** What the owner is doing. */
  readonly now: HeldCase
  /** What the held dialog would say: its message. */
  readonly message: string
  /** What the held dialog would say under it: advice and facts, one a line. */
  readonly detail: string
  /** What this process was started for. */
  readonly launch: Launch
  /**
   * Hands the launch over.
   *
   * @returns true when the owner has shown a window for it, or when its app has it. An owner that is starting is waited
   * for. False when it has no window, refused, could not be reached, asks its user something, or is gone. After it was
   * true once, the launch is not handed over again.
   */
  handOver(): Promise<boolean>
}

/**
 * What happens when somebody else owns the data directory: the held dialog; or the launch is handed over without one,
 * as long as a window comes of it; or the app decides.
 */
export type OnHeld = 'dialog' | 'focus' | ((held: HeldInfo) => HeldChoice | Promise<HeldChoice>)
