import type { Launch } from '../../handoff/messages/protocol.ts'
import type { Holder } from '../../owner/holder.ts'
import type { OwnerRecord } from '../../owner/owner-record.ts'
import type { HeldCase } from '../words/held-text.ts'

/** What a contender does next. */
export type HeldChoice =
  /** Shows the held dialog. */
  | 'dialog'
  /**
   * Hands the launch over. Shows the held dialog only if the owner shows no window for it, or before that if the owner is on
   * another screen.
   */
  | 'focus'
  /** Tries the lock again, half a second later. */
  | 'try-again'
  /** Ends this app: with code 0 if the launch was handed over, otherwise with 75. */
  | 'quit'

/** The facts with which an app's own `onHeld` decides. */
export interface HeldInfo {
  /** The data directory's real path. */
  readonly dir: string
  /** What the owner wrote about itself. Undefined if the record is missing, malformed or not the holder's. */
  readonly owner: OwnerRecord | undefined
  /** The holder according to the kernel. Undefined if the kernel does not show it, as on macOS and Windows. */
  readonly holder: Holder | undefined
  /** The owner's process ID. Undefined if it is not known, or not valid in this process's PID namespace. */
  readonly pid: number | undefined
  /** What the owner is doing. */
  readonly now: HeldCase
  /** The message that the held dialog would have. */
  readonly message: string
  /** The text that the held dialog would show under the message: advice and facts, one per line. */
  readonly detail: string
  /**
   * Whether the owner's windows are on another screen, or in another session, than this process. The user of this process
   * does not see them. False if it is not known.
   */
  readonly isOnOtherScreen: boolean
  /** What this process was started for. */
  readonly launch: Launch
  /**
   * Hands the launch over. If the owner is starting, the call waits.
   *
   * @returns true if the owner has shown a window for the launch, or if its app has the launch. False if the owner has
   * no window, refused the launch, could not be reached, is waiting for its user's answer, or has ended. After the
   * first true, the launch is not handed over again.
   */
  handOver(): Promise<boolean>
}

/**
 * What happens if another process owns the data directory. `dialog`: the held dialog appears. `focus`: the launch is
 * handed over, and the dialog appears only if the owner shows no window for it. If the owner's windows are on another screen,
 * the dialog appears first. A function: the app decides.
 */
export type OnHeld = 'dialog' | 'focus' | ((held: HeldInfo) => HeldChoice | Promise<HeldChoice>)
