import { showMessageBox } from '../dialogs/message-box.ts'
import type { OwnerWatch } from './owner-watch.ts'
import type { HeldAction, HeldText } from './words/held-text.ts'

/** A box that only counts further comes back at most this often, in milliseconds: each new one takes the focus. */
const countPause = 5_000

/** What ended a box: a press, or what the watch saw. */
export type BoxEnd = HeldAction | 'free' | 'changed'

export interface LiveBoxOptions {
  readonly title: string
  readonly type: 'info' | 'question'
  readonly watch: OwnerWatch
  /** The text as of now. */
  readonly text: () => HeldText
  /** Whether what the owner does now leaves nothing to ask. */
  readonly isPointless?: () => boolean
  /** The button that Enter presses; the others are for those who look. Default the first. */
  readonly defaultAction?: HeldAction
}

/**
 * Shows a message box and follows the owner while it is up: the box closes by itself when the lock has become this
 * process's, when it would say something else now, and when it has become pointless.
 */
export async function liveBox({
  title,
  type,
  watch,
  text,
  isPointless = () => false,
  defaultAction,
}: LiveBoxOptions): Promise<BoxEnd> {
  const shown = text()
  const shownKind = watch.now.kind
  const openedAt = performance.now()
  const isOutdated = () => {
    const current = text()
    if (isEqual(current, shown)) return false
    const onlyCounts = watch.now.kind === shownKind && isEqual(current.buttons, shown.buttons)
    return !onlyCounts || performance.now() - openedAt > countPause
  }
  const closing = new AbortController()
  const pressed = new AbortController()
  const following = watch
    .follow(pressed.signal, () => isPointless() || isOutdated())
    .finally(() => closing.abort())
  // After a press nobody waits for it; what it met will be met again by whoever looks next.
  following.catch(() => undefined)
  try {
    const button = await showMessageBox({
      type,
      title,
      message: shown.message,
      detail: shown.detail,
      buttons: shown.buttons.map(({ label }) => label),
      defaultId: Math.max(
        0,
        shown.buttons.findIndex(({ action }) => action === defaultAction),
      ),
      cancelId: shown.buttons.length - 1,
      noLink: true,
      signal: closing.signal,
    })
    if (!closing.signal.aborted) return shown.buttons[button]?.action ?? 'quit'
    await following
    return watch.lock ? 'free' : 'changed'
  } finally {
    pressed.abort()
  }
}

function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
