import type { Socket } from 'node:net'
import type { OwnerProgress, OwnerState } from '../../../shared/owner-activity.ts'

/** What a contender hands over to the owner. */
export interface Launch {
  /** A random id. The owner delivers a launch once, even if it arrives several times with the same id. */
  readonly id: string
  /** The arguments after the program (and, in development, the app's path). */
  readonly argv: readonly string[]
  /** The directory the contender was started in. */
  readonly cwd: string
  /** Absolute paths of the existing files among the arguments. */
  readonly files: readonly string[]
  /** The URLs among the arguments, including those in the app's own schemes. */
  readonly urls: readonly string[]
  /**
   * The token that the desktop gave to the contender as proof that a person started it. On X11 it is the startup id
   * (specifications.freedesktop.org/startup-notification-spec). On Wayland an app has none, because Chromium consumes
   * the token before any JavaScript runs. `electron-datadir focus` passes the token of its shell.
   */
  readonly activationToken?: string
}

/**
 * The result of a launch in the owner:
 *
 * - `focused`: its window has the focus.
 * - `flashed`: the window manager only marked the window as demanding attention.
 * - `opened-window`: a window was opened for the launch.
 * - `in-background`: there is no window to show.
 */
export type LaunchOutcome = 'focused' | 'flashed' | 'opened-window' | 'in-background'

/** What the owner says it is doing. */
export interface OwnerActivity {
  readonly state: OwnerState
  /** How many of the pending migrations are done. Only in the state `migrating`. */
  readonly progress?: OwnerProgress
}

/** What the owner says it is doing, and whether its main thread responds. */
export interface OwnerStatus extends OwnerActivity {
  /**
   * For how many milliseconds, at least, the owner's main thread has been silent. It is 0 if the main thread has just
   * answered. The time counts from the first unanswered ping. Only the question of a contender leads to a ping.
   */
  readonly silentFor: number
  readonly pid: number
  readonly app?: string | undefined
  readonly version?: string | undefined
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

/** Why the owner refused the request, for a program. The `reason` of the reply is for people. */
export type RefusalCode = (typeof refusalCodes)[number]

export const refusalCodes = [
  'not-understood',
  'wrong-token',
  'wrong-version',
  'unknown-request',
  'queue-full',
  'failed',
] as const

interface ReplyHead {
  /** The version of the protocol that the owner speaks. */
  readonly v: number
}

export type Refusal = ReplyHead & {
  readonly type: 'refused'
  readonly code: RefusalCode
  readonly reason: string
}

export type LaunchReply =
  | (ReplyHead & { readonly type: 'launched'; readonly outcome: LaunchOutcome })
  /** The owner has the launch. If it is not `ready` yet and then cannot open its data, it drops the launch. */
  | (ReplyHead & { readonly type: 'queued'; readonly status: OwnerStatus })
  /** The owner has not taken the launch, and does not take it later: its main thread is silent, or it is quitting. */
  | (ReplyHead & { readonly type: 'busy'; readonly status: OwnerStatus })
  | Refusal

export type Reply = (ReplyHead & { readonly type: 'status'; readonly status: OwnerStatus }) | LaunchReply

export const protocolVersion = 1

/**
 * The largest number of bytes in one message, with the newline. A launch of some thousand files has fewer: each of its
 * paths is in it twice.
 */
export const messageBytes = 2 ** 20

/** The longest time that a contender may ask the owner to wait before it replies `queued` or `busy`, in milliseconds. */
export const longestPatience = 60_000

/** The patience of a contender whose request has none, in milliseconds. */
export const defaultPatience = 3_000

/** A message as it is sent: one line of JSON. */
export function encode(message: HandoffRequest | Reply): string {
  return `${JSON.stringify(message)}\n`
}

export function refusal(code: RefusalCode, reason: string): Refusal {
  return { v: protocolVersion, type: 'refused', code, reason }
}

const newline = 0x0a
const firstBytes = 1_024

/**
 * Reads the one line that a peer sends. The cost does not depend on how the bytes are cut into pieces.
 *
 * @param milliseconds how long the whole line may take.
 * @param reserve is called before the line gets a buffer of so many bytes, and returns whether it may have it.
 * @throws an Error if the time is up, the line is longer than {@link messageBytes}, anything follows it, it may not have
 * the memory, or the peer hangs up.
 */
export function readLine(
  socket: Socket,
  milliseconds: number,
  reserve: (bytes: number) => boolean = () => true,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = Buffer.alloc(firstBytes)
    let length = 0
    const timer = setTimeout(() => finish(new Error('timed out')), milliseconds)
    const onData = (chunk: Buffer) => {
      const needed = length + chunk.length
      if (needed > messageBytes) return finish(new Error('message too long'))
      if (needed > line.length) {
        // The buffer doubles, so that a line in many pieces is not copied for each of them.
        const bytes = Math.min(messageBytes, Math.max(needed, line.length * 2))
        if (!reserve(bytes)) return finish(new Error('too many long messages'))
        line = Buffer.concat([line], bytes)
      }
      chunk.copy(line, length)
      const end = chunk.indexOf(newline)
      if (end >= 0 && end < chunk.length - 1) return finish(new Error('more than one line'))
      length += chunk.length
      if (end >= 0) finish(line.toString('utf8', 0, length - 1))
    }
    const onEnd = () => finish(new Error('hung up'))
    const finish = (result: string | Error) => {
      clearTimeout(timer)
      socket.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', finish)
      if (typeof result === 'string') resolve(result)
      else reject(result)
    }
    socket.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', finish)
  })
}
