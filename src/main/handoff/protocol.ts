import { parseJsonObject } from '../../shared/json-object.ts'

/** What a contender hands over to the owner. */
export interface Launch {
  /** The arguments after the program (and, in development, the app's path). */
  readonly argv: readonly string[]
  /** The directory the contender was started in. */
  readonly cwd: string
  /** Absolute paths of the existing files among the arguments. */
  readonly files: readonly string[]
}

/**
 * What became of a launch in the owner: its window has the focus; the window manager only marked it as wanting
 * attention; a window was opened for it; or there is no window to show.
 */
export type LaunchOutcome = 'focused' | 'flashed' | 'opened-window' | 'in-background'

export interface LaunchRequest {
  readonly v: typeof protocolVersion
  readonly type: 'launch'
  readonly token: string
  readonly launch: Launch
}

export type Reply =
  | { readonly v: number; readonly type: 'launched'; readonly outcome: LaunchOutcome }
  | { readonly v: number; readonly type: 'refused'; readonly reason: string }

export const protocolVersion = 1

/** The most bytes one message may have, the newline included. */
export const messageBytes = 64 * 1024

/** A message as it travels: one line of JSON. */
export function encode(message: LaunchRequest | Reply): string {
  return `${JSON.stringify(message)}\n`
}

/**
 * Reads a request. Unknown fields are ignored, so that a newer contender can add some.
 *
 * @returns undefined for anything that is not a request of this protocol version.
 */
export function parseRequest(line: string): LaunchRequest | undefined {
  const value = parseJsonObject(line)
  if (value?.v !== protocolVersion || value.type !== 'launch' || typeof value.token !== 'string')
    return undefined
  const launch = value.launch as Partial<Launch> | undefined
  if (typeof launch?.cwd !== 'string' || !isTexts(launch.argv) || !isTexts(launch.files)) return undefined
  const { argv, cwd, files } = launch
  return { v: protocolVersion, type: 'launch', token: value.token, launch: { argv, cwd, files } }
}

/** Reads a reply; undefined for anything else. */
export function parseReply(line: string): Reply | undefined {
  const value = parseJsonObject(line)
  if (typeof value?.v !== 'number') return undefined
  if (value.type === 'launched' && isOutcome(value.outcome)) {
    return { v: value.v, type: 'launched', outcome: value.outcome }
  }
  if (value.type === 'refused' && typeof value.reason === 'string') {
    return { v: value.v, type: 'refused', reason: value.reason }
  }
  return undefined
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function isOutcome(value: unknown): value is LaunchOutcome {
  return value === 'focused' || value === 'flashed' || value === 'opened-window' || value === 'in-background'
}
