import type { OwnerProgress, OwnerState } from '../../../shared/owner-activity.ts'

/** What a contender hands over to the owner. */
export interface Launch {
  /** Random. The owner delivers a launch once, however often it arrives under the same id. */
  readonly id: string
  /** The arguments after the program (and, in development, the app's path). */
  readonly argv: readonly string[]
  /** The directory the contender was started in. */
  readonly cwd: string
  /** Absolute paths of the existing files among the arguments. */
  readonly files: readonly string[]
  /** The URLs among the arguments, in the app's own schemes too. */
  readonly urls: readonly string[]
  /**
   * What the desktop gave the contender to prove that a person asked for it; opaque. On X11 the startup id
   * (specifications.freedesktop.org/startup-notification-spec). On Wayland an app has none, because Chromium takes
   * the token before any JavaScript can see it. `electron-datadir focus` passes the token of its shell.
   */
  readonly activationToken?: string
}

/**
 * What became of a launch in the owner: its window has the focus; the window manager only marked it as wanting
 * attention; a window was opened for it; or there is no window to show.
 */
export type LaunchOutcome = 'focused' | 'flashed' | 'opened-window' | 'in-background'

/** What the owner is doing, as it tells itself. */
export interface OwnerActivity {
  readonly state: OwnerState
  /** Migrations done, of all that have to be; only while migrating. */
  readonly progress?: OwnerProgress
}

/** What the owner is doing, and whether its main thread takes part in it. */
export interface OwnerStatus extends OwnerActivity {
  /**
   * For how many milliseconds, at least, the owner's main thread has given no sign of life; 0 when it answered just
   * now. It counts from the first beat it missed, of which there is one a second, or from when it was first asked.
   */
  readonly silentFor: number
  readonly pid: number
  readonly app?: string
  readonly version?: string
}

interface RequestHead {
  readonly v: number
  readonly token: string
}

export type LaunchRequest = RequestHead & {
  readonly type: 'launch'
  readonly launch: Launch
  readonly patience: number
}

export type HandoffRequest = (RequestHead & { readonly type: 'status' }) | LaunchRequest

/** Why the owner would not do what it was asked, for a program; the reason beside it is for people. */
export type RefusalCode =
  | 'not-understood'
  | 'wrong-token'
  | 'wrong-version'
  | 'unknown-request'
  | 'queue-full'
  | 'failed'

interface ReplyHead {
  /** The version of the protocol that the owner speaks. */
  readonly v: number
}

export type Refusal = ReplyHead & {
  readonly type: 'refused'
  readonly code: RefusalCode
  readonly reason: string
}

/** The owner has not taken the launch, and does not take it later: its main thread is silent, or it is quitting. */
export type BusyReply = ReplyHead & { readonly type: 'busy'; readonly status: OwnerStatus }

export type StatusReply = ReplyHead & { readonly type: 'status'; readonly status: OwnerStatus }

export type LaunchReply =
  | (ReplyHead & { readonly type: 'launched'; readonly outcome: LaunchOutcome })
  /** The owner has taken the launch. If it is not `ready` yet, it forgets the launch when it cannot open its data. */
  | (ReplyHead & { readonly type: 'queued'; readonly status: OwnerStatus })
  | BusyReply
  | Refusal

export type Reply = StatusReply | LaunchReply

export const protocolVersion = 1

/**
 * The largest number of bytes in one message, with the newline. A launch of some thousand files has fewer: each of its
 * paths is in it twice.
 */
export const messageBytes = 2 ** 20

/** The longest an owner may be asked to wait before it says `queued` or `busy`, in milliseconds. */
export const longestPatience = 60_000

/** The patience of a contender that names none. */
export const defaultPatience = 3_000

/** A message as it travels: one line of JSON. */
export function encode(message: HandoffRequest | Reply): string {
  return `${JSON.stringify(message)}\n`
}

export function refusal(code: RefusalCode, reason: string): Refusal {
  return { v: protocolVersion, type: 'refused', code, reason }
}
