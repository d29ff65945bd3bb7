import { pageUrl } from './page-url.ts'

/** What a box says: the argument of the page's `show`. */
export interface BoxContent {
  readonly message: string
  readonly detail: string
  readonly buttons: readonly ButtonLabel[]
  /** The index of the button that has the focus first. */
  readonly defaultId: number
  /** The index of the button that Esc presses. */
  readonly cancelId: number
}

/** A label is the three parts one after another. The access key is empty if there is none. */
export interface ButtonLabel {
  readonly before: string
  readonly key: string
  readonly after: string
}

/** The name of a file may have marks that reorder the rest of the sentence (unicode.org/reports/tr9). They become `?`. */
export function withoutEmbeddings(text: string): string {
  return text.replaceAll(/[\u202a-\u202e]/g, '?')
}

/** Splits a label in which `&` marks the access key, and `&&` is one `&`. */
export function splitLabel(label: string): ButtonLabel {
  const [, before = '', key = '', after = ''] = /^((?:[^&]|&&)*)(?:&([^&]))?(.*)$/su.exec(label) ?? []
  return { before: plain(before), key, after: plain(after) }
}

const plain = (text: string) => text.replaceAll(/&(&?)/g, '$1')

/**
 * Returns the page of a box as a `data:` URL. Its function `show` returns a promise of the
 * index of the button that is pressed. A second call changes the text, and a screen reader reads what has changed.
 *
 * @param language a BCP 47 tag.
 */
export function boxPage(title: string, language: string): string {
  return pageUrl(
    language,
    title,
    `<style>
:root { color-scheme: light dark; background: Canvas; color: CanvasText; scrollbar-gutter: stable }
body { margin: 0; padding: 22px 9px 20px 24px; font: menu; font-family: system-ui, sans-serif; line-height: 1.45; cursor: default }
h1 { margin: 0 0 12px; font-size: 1.2em; line-height: 1.3 }
h1, p { overflow-wrap: anywhere; white-space: pre-line; unicode-bidi: plaintext }
p { margin: 0; user-select: text; cursor: text }
#buttons { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: 8px; margin-top: 20px }
button { font: inherit; padding: 6px 14px; border: 1px solid GrayText; border-radius: 6px; background: ButtonFace; color: ButtonText }
button:hover, button:active { border-color: CanvasText }
button:focus { outline: 2px solid CanvasText; outline-offset: 1px }
</style>
<main>
<div role="alertdialog" aria-modal="true" aria-labelledby="message" aria-describedby="detail">
<div aria-live="polite"><h1 id="message"></h1><p id="detail"></p></div>
<div id="buttons"></div>
</div>
</main>
<script>
const row = document.getElementById('buttons')
let press = () => undefined
let cancelId = 0
function show(content) {
  setText('message', content.message)
  setText('detail', content.detail)
  cancelId = content.cancelId
  const labels = JSON.stringify(content.buttons)
  if (row.dataset.labels !== labels) {
    row.dataset.labels = labels
    row.replaceChildren(...content.buttons.map(buttonOf))
  }
  if (!row.contains(document.activeElement)) row.children[content.defaultId].focus()
  return new Promise((resolve) => { press = resolve })
}
function height() {
  const root = document.documentElement
  // A scroll bar would make the page narrower, and so higher.
  root.style.overflow = 'hidden'
  const { offsetHeight } = root
  root.style.overflow = ''
  return offsetHeight
}
function setText(id, text) {
  const element = document.getElementById(id)
  if (element.textContent !== text) element.textContent = text
}
function buttonOf({ before, key, after }, index) {
  const button = document.createElement('button')
  const letter = document.createElement('u')
  letter.textContent = key
  button.append(before, letter, after)
  button.accessKey = key
  button.onclick = () => press(index)
  return button
}
addEventListener('keydown', ({ key }) => { if (key === 'Escape') press(cancelId) })
</script>`,
  )
}
