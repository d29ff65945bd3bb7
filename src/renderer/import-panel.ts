import type { ImportProgress, ImportResult } from '../shared/notes/notes.ts'
import { bridge, unwrap } from './bridge.ts'
import { button, byId } from './elements.ts'
import { counted, grouped } from './format.ts'
import { SkippedFiles } from './skipped-files.ts'

/** Starts the import of a folder and shows its progress. */
export class ImportPanel {
  readonly #panel = byId('import-panel', HTMLElement)
  readonly #label = byId('import-label', HTMLElement)
  readonly #progress = byId('import-progress', HTMLProgressElement)
  readonly #skipped = new SkippedFiles()
  readonly #cancel = button('import-cancel', () => {
    this.#cancel.disabled = true
    void bridge.cancelImport()
  })

  /** Lets the user choose a folder. Resolves when it is imported, or when they chose none. */
  async importFolder(): Promise<void> {
    await unwrap(bridge.importFolder())
  }

  show({ done, total }: ImportProgress): void {
    this.#panel.hidden = false
    if (total === undefined) {
      this.#label.textContent = 'Looking for text files…'
      this.#progress.removeAttribute('value')
      return
    }
    this.#label.textContent = `Importing ${grouped(done)} of ${counted(total, 'file')}…`
    this.#progress.max = total
    this.#progress.value = done
  }

  /** Takes the panel away, lists the skipped files, and returns the import in a sentence. */
  finish(result: ImportResult): string {
    const { added, updated, unchanged, skipped, canceled } = result
    this.hide()
    this.#skipped.show(result)
    const parts = [
      added > 0 && `${counted(added, 'note')} added`,
      updated > 0 && `${grouped(updated)} updated`,
      unchanged > 0 && `${grouped(unchanged)} already up to date`,
      skipped > 0 && `${counted(skipped, 'item')} skipped`,
    ].filter((part) => part !== false)
    const summary = parts.join(', ') || 'No text files found'
    return canceled ? `Import canceled: ${parts.join(', ') || 'nothing added'}` : summary
  }

  hide(): void {
    this.#panel.hidden = true
    this.#cancel.disabled = false
  }
}
