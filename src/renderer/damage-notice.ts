import { NotesError } from '../shared/notes/notes.ts'
import { bridge } from './bridge.ts'
import { button, byId } from './elements.ts'

/** Says that the data file is damaged, until the app is restarted. What can still be read stays usable. */
export class DamageNotice {
  readonly #notice = byId('damage', HTMLElement)

  constructor() {
    button('damage-restart', () => void bridge.restart())
    button('damage-folder', () => void bridge.revealDataDir())
  }

  /** Shows the notice if the error comes from a damaged file. Returns whether it does. */
  show(error: unknown): boolean {
    if (!(error instanceof NotesError) || !/^SQLITE_(CORRUPT|NOTADB)/.test(error.code)) return false
    this.#notice.hidden = false
    return true
  }
}
