import { isDeepStrictEqual } from 'node:util'
import { showMessageBox } from '../dialogs/message-box.ts'
import type { HeldAction, HeldText } from '../words/held-text.ts'
import type { OwnerWatch } from './owner-watch.ts'

/** How often, in milliseconds, a box may be replaced by one that only counts further: each new box takes the focus. */
const countPause = 5_000

/** What closed a box: a press, or what the watch saw. */
export type BoxEnd = HeldAction | 'free' | 'changed'

/**
 * Shows a message box and follows the owner while the box is open. The box closes by itself when this process gets the
 * lock, when its text would be different now, and when it has become pointless.
 *
 * @param type Enter presses the first button, and the last one in a question.
 * @param text returns the text as of now.
 * @param isPointless returns whether there is nothing left to ask after what the owner does now.
 */
export async function liveBox(
  type: 'info' | 'question',
  watch: OwnerWatch,
  text: () => HeldText,
  isPointless: () => boolean = () => false,
): Promise<BoxEnd> {
  let shown = text()
  const shownKind = watch.now.kind
  const openedAt = performance.now()
  const isOutdated = () => {
    const current = text()
    if (isDeepStrictEqual(current, shown)) return false
    const onlyCounts = watch.now.kind === shownKind && isDeepStrictEqual(current.buttons, shown.buttons)
    return !onlyCounts || performance.now() - openedAt > countPause
  }
  const closing = new AbortController()
  const pressed = new AbortController()
  const following = watch
    .follow(pressed.signal, () => isPointless() || isOutdated())
    .finally(() => closing.abort())
  // After a press nothing waits for it. The next look meets the same error.
  following.catch(() => undefined)
  try {
    const button = await showMessageBox(() => {
      shown = text()
      const lastButton = shown.buttons.length - 1
      return {
        type,
        title: watch.facts.product,
        message: shown.message,
        detail: shown.detail,
        buttons: shown.buttons.map(({ label }) => label),
        defaultId: type === 'question' ? lastButton : 0,
        cancelId: lastButton,
        noLink: true,
        signal: closing.signal,
      }
    })
    if (!closing.signal.aborted) return shown.buttons[button]?.action ?? 'quit'
    await following
    return watch.lock ? 'free' : 'changed'
  } finally {
    pressed.abort()
  }
}
