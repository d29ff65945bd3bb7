import { byteProgress } from '../../../shared/byte-size.ts'
import type { MigrationProgress } from '../../sqlite/migrations/migrations.ts'
import { fillIn } from '../words/fill-in.ts'
import type { Language } from '../words/language.ts'
import { escaped, pageUrl } from './page-url.ts'

/** What the start window shows. */
export interface StartStatus {
  readonly text: string
  readonly done: number
  /** 0 if the length of the work is not known. */
  readonly total: number
}

/** The progress of the package's own database, or of the app's own store. */
export type StartProgress =
  | MigrationProgress
  | { readonly phase?: undefined; readonly done: number; readonly total: number; readonly text?: string }

/** @param progress undefined before there is any. */
export function startStatus(progress: StartProgress | undefined, { words, locale }: Language): StartStatus {
  if (!progress) return { text: words.opening, done: 0, total: 0 }
  if (progress.phase === undefined) {
    const { done, total, text = words.opening } = progress
    return { text, done, total }
  }
  const { phase, done, total, doneBytes = 0, totalBytes = 0 } = progress
  if (phase === 'check') return { text: words.checkingBackup, done: 0, total: 0 }
  if (phase === 'backup') {
    const text = fillIn(words.backingUp, byteProgress(doneBytes, totalBytes, locale))
    return { text, done: doneBytes, total: totalBytes }
  }
  return { text: fillIn(words.updating, { done, total }), done, total }
}

/** Returns the start window's page as a `data:` URL. */
export function startPage(product: string, { words, locale = '' }: Language): string {
  return pageUrl(
    locale,
    product,
    `<style>
:root { color-scheme: light dark }
body { margin: 0; height: 100vh; display: grid; align-content: center; gap: 10px; padding: 0 28px;
  box-sizing: border-box; font: menu; font-family: system-ui, sans-serif; cursor: default; user-select: none;
  background: Canvas; color: CanvasText }
h1 { margin: 0; font-size: 1.15em; font-weight: 600 }
p { margin: 0; min-height: 1.3em }
progress { width: 100%; height: 8px; accent-color: Highlight }
</style>
<h1 dir="auto">${escaped(product)}</h1>
<p id="text" role="status">${escaped(words.opening)}</p>
<progress aria-labelledby="text"></progress>
<script>
function show({ text, done, total }) {
  document.getElementById('text').textContent = text
  const bar = document.querySelector('progress')
  if (total > 0) { bar.max = total; bar.value = done } else bar.removeAttribute('value')
}
</script>`,
  )
}
