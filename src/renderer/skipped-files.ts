import { type ImportResult, MAX_FILE_BYTES, type SkippedFile } from '../shared/notes/notes.ts'
import { button, byId } from './elements.ts'
import { counted, fileSize, grouped } from './format.ts'

const reasons: Record<SkippedFile['reason'], string> = {
  missing: 'It is no longer there.',
  'not-allowed': 'You don’t have permission to read it.',
  'not-readable': 'It couldn’t be read.',
  'not-text': 'It isn’t a text file in UTF-8.',
  'too-large': `It is larger than ${fileSize(MAX_FILE_BYTES)}.`,
}

/** Lists the files that the last import skipped, until the user closes it. */
export class SkippedFiles {
  readonly #panel = byId('skipped', HTMLElement)
  readonly #label = byId('skipped-label', HTMLElement)
  readonly #files = byId('skipped-files', HTMLElement)

  constructor() {
    button('skipped-close', () => {
      this.#panel.hidden = true
    })
  }

  show({ skipped, skippedFiles }: ImportResult): void {
    this.#panel.hidden = skipped === 0
    this.#label.textContent = `${counted(skipped, 'item')} skipped`
    this.#files.replaceChildren(...skippedFiles.map(itemOf))
    const more = skipped - skippedFiles.length
    if (more > 0) this.#files.append(item(`and ${grouped(more)} more`))
  }
}

function itemOf({ path, reason }: SkippedFile): HTMLElement {
  const element = item(path.split(/[\\/]/).at(-1) ?? path)
  element.title = path
  const why = document.createElement('span')
  why.textContent = reasons[reason]
  element.append(why)
  return element
}

function item(text: string): HTMLElement {
  const element = document.createElement('li')
  element.textContent = text
  return element
}
