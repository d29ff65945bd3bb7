import type { NotesStatus } from '../shared/notes/notes.ts'
import { bridge, unwrap } from './bridge.ts'
import { button, byId } from './elements.ts'
import { counted, fileSize, shortMoment } from './format.ts'

function heldText({ heldSince, isLost }: NotesStatus): string {
  if (isLost) return 'Notes can no longer save.'
  return heldSince === undefined ? 'Not locked' : `Lock held since ${shortMoment(heldSince)}`
}

/** Shows which process owns the data directory, since when, and what is in it. */
export class StatusLine {
  readonly #pid = byId('status-pid', HTMLElement)
  readonly #dir = button('status-dir', () => void bridge.revealDataDir())
  readonly #held = byId('status-held', HTMLElement)
  readonly #count = byId('status-count', HTMLElement)
  readonly #size = byId('status-size', HTMLElement)

  async refresh(): Promise<void> {
    const status = await unwrap(bridge.status())
    this.#pid.textContent = `PID ${status.pid}`
    this.#dir.textContent = status.dir
    this.#held.textContent = heldText(status)
    this.#held.classList.toggle('alarm', status.isLost)
    this.#count.textContent = counted(status.noteCount, 'note')
    this.#size.textContent = fileSize(status.databaseBytes)
  }
}
