import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { clipboard } from 'electron'
import { HeldElsewhereError } from '../../claim/errors.ts'
import { markDeclined } from '../dialogs/failure-dialogs.ts'
import { whenReady } from '../dialogs/when-ready.ts'
import { elsewhereText, heldDetails } from '../words/held-text.ts'
import type { Language } from '../words/language.ts'
import { hasNoDisplay } from './has-no-display.ts'

/** How often the store is tried again, in milliseconds. */
const tryAgainPause = 2_000
/** The shortest pause between two attempts, in milliseconds: `released` may have resolved, and the store still be taken. */
const shortestPause = 200

/** What the dialog needs besides the error. */
export interface ElsewhereSurroundings {
  /** This app's name. */
  readonly product: string
  /** The data directory's real path. */
  readonly dir: string
  readonly language: () => Language
  /** Closes the dialog when the app quits in another way. */
  readonly signal: AbortSignal
}

/**
 * Shows in the held dialog who has the store, and tries to open it again until that succeeds.
 *
 * @returns the store.
 * @throws the error itself if the user quits or there is no display, and whatever else `tryAgain` throws.
 */
export async function waitElsewhere<Store>(
  first: HeldElsewhereError,
  tryAgain: () => Promise<Store>,
  surroundings: ElsewhereSurroundings,
): Promise<Store> {
  if (hasNoDisplay()) throw markDeclined(first)
  await whenReady(surroundings.product)
  let error = first
  let isAtOnce = false
  for (;;) {
    const stopping = new AbortController()
    const trying = tryUntilNews(error, tryAgain, stopping.signal, isAtOnce)
    const pressed = await showBox(error, surroundings, trying)
    stopping.abort()
    if (pressed === 'quit') throw markDeclined(error)
    const news = await trying
    isAtOnce = pressed === 'tryAgain'
    if (!news) continue
    if ('store' in news) return news.store
    if (!(news.error instanceof HeldElsewhereError)) throw news.error
    error = news.error
  }
}

type News<Store> = { readonly store: Store } | { readonly error: unknown }

/**
 * @returns the store, or an error if another process has the store now or opening fails. Undefined if `stopped` aborts
 * first.
 */
async function tryUntilNews<Store>(
  error: HeldElsewhereError,
  tryAgain: () => Promise<Store>,
  stopped: AbortSignal,
  isAtOnce: boolean,
): Promise<News<Store> | undefined> {
  let { released } = error
  for (let pause = isAtOnce ? 0 : tryAgainPause; ; pause = tryAgainPause) {
    const pausing = sleep(pause, undefined, { signal: stopped }).catch(() => undefined)
    await Promise.race([pausing, ...(released ? [released.catch(() => pausing)] : [])])
    if (stopped.aborted) return undefined
    try {
      return { store: await tryAgain() }
    } catch (failure) {
      await sleep(shortestPause, undefined, { signal: stopped }).catch(() => undefined)
      const isSame = failure instanceof HeldElsewhereError && isDeepStrictEqual(failure.owner, error.owner)
      if (!isSame) return { error: failure }
      released = failure.released
    }
  }
}

/** @returns the button that was pressed; undefined if `closing` settled first. */
async function showBox(
  error: HeldElsewhereError,
  { product, dir, language, signal }: ElsewhereSurroundings,
  closing: Promise<unknown>,
): Promise<'quit' | 'tryAgain' | undefined> {
  const { showMessageBox } = await import('../dialogs/message-box.ts')
  const { message, detail, buttons } = elsewhereText(error.owner, { product, dir }, language())
  const closed = new AbortController()
  let isClosed = false
  void closing.then(() => {
    isClosed = true
    closed.abort()
  })
  const cancelId = buttons.length - 1
  const labels = buttons.map(({ label }) => label)
  for (;;) {
    const button = await showMessageBox({
      type: 'info',
      title: product,
      message,
      detail,
      buttons: labels,
      defaultId: 0,
      cancelId,
      noLink: true,
      signal: AbortSignal.any([closed.signal, signal]),
    })
    if (isClosed) return undefined
    const action = buttons[button]?.action
    if (action !== 'copyDetails') return action === 'tryAgain' ? action : 'quit'
    clipboard.writeText(heldDetails({ message, detail, buttons }))
  }
}
