import { createHash } from 'node:crypto'
import { readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from './replace-file.ts'

export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** What Notes remembers from one start to the next. `bounds` are those of the window that is not maximized. */
export interface WindowState {
  readonly bounds?: Rectangle | undefined
  readonly isMaximized?: boolean
  /** The id of the open note. */
  readonly note?: number | undefined
}

/**
 * The state of the window, in a file of the profile for each data directory: another one has other notes. It is not in the
 * database, because the window opens first. It is not in the data directory, because a network folder that does not answer
 * would then keep Notes from quitting.
 */
export class WindowStateFile {
  readonly #profile: string
  #path: string
  #state: WindowState

  constructor(profile: string, dataDir: string) {
    this.#profile = profile
    this.#path = pathIn(profile, dataDir)
    this.#state = read(this.#path)
  }

  /** Uses the file of another data directory from now on. */
  moveTo(dataDir: string): void {
    this.#path = pathIn(this.#profile, dataDir)
    this.#state = read(this.#path)
  }

  get state(): WindowState {
    return this.#state
  }

  /** Changes what is remembered. */
  change(change: WindowState): void {
    this.#state = { ...this.#state, ...change }
    try {
      replaceFile(this.#path, JSON.stringify(this.#state))
    } catch {
      // The next start has the defaults, which is no reason for a message.
    }
  }
}

function pathIn(profile: string, dataDir: string): string {
  const key = createHash('sha256').update(realPathOf(dataDir)).digest('hex').slice(0, 16)
  return join(profile, `window-${key}.json`)
}

function realPathOf(dataDir: string): string {
  try {
    return realpathSync(dataDir)
  } catch {
    // The user has chosen another one in a dialog. The window opens before that is known here.
    return dataDir
  }
}

function read(path: string): WindowState {
  try {
    const { bounds, isMaximized, note } = JSON.parse(readFileSync(path, 'utf8'))
    return {
      ...(isRectangle(bounds) && { bounds }),
      isMaximized: isMaximized === true,
      ...(Number.isSafeInteger(note) && { note }),
    }
  } catch {
    return {}
  }
}

function isRectangle(value: unknown): value is Rectangle {
  if (typeof value !== 'object' || value === null) return false
  const { x, y, width, height } = value as Partial<Rectangle>
  return [x, y, width, height].every(Number.isSafeInteger)
}

/**
 * Returns the bounds moved and shrunk so that they are inside the area of the screen that they cover most. Undefined if they
 * cover none: that screen is no longer there.
 *
 * @param areas of the screens, without panels and docks.
 */
export function onScreen(bounds: Rectangle, areas: readonly Rectangle[]): Rectangle | undefined {
  const [area] = areas
    .filter((each) => overlap(bounds, each) > 0)
    .toSorted((a, b) => overlap(bounds, b) - overlap(bounds, a))
  if (!area) return undefined
  const width = Math.min(bounds.width, area.width)
  const height = Math.min(bounds.height, area.height)
  const x = Math.min(Math.max(bounds.x, area.x), area.x + area.width - width)
  const y = Math.min(Math.max(bounds.y, area.y), area.y + area.height - height)
  return { x, y, width, height }
}

function overlap(a: Rectangle, b: Rectangle): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  return Math.max(0, width) * Math.max(0, height)
}
