import { isBlank, MAX_BODY_LENGTH, MAX_TITLE_LENGTH, type Note } from '../shared/notes/notes.ts'
import { bridge, unwrap } from './bridge.ts'
import { byId } from './elements.ts'
import { longMoment } from './format.ts'

const SAVE_DELAY_MS = 400
const RETRY_DELAY_MS = 3_000

interface EditorActions {
  /** Esc was pressed. */
  readonly leave: () => void
  /** Saving failed. The text is kept and saving is tried again. */
  readonly saveFailed: (error: unknown) => void
}

/**
 * Shows one note and saves it while it is written: 400 ms after the first unsaved key, and at once when it loses the focus.
 * Another note is opened only after this one is saved.
 */
export class Editor {
  readonly #editor = byId('editor', HTMLElement)
  readonly #title = byId('title', HTMLInputElement)
  readonly #body = byId('body', HTMLTextAreaElement)
  readonly #edited = byId('edited', HTMLElement)
  readonly #source = byId('source', HTMLElement)
  readonly #saveState = byId('save-state', HTMLElement)
  readonly #nothingOpen = byId('nothing-open', HTMLElement)
  readonly #actions: EditorActions
  #note: Note | undefined
  #dirty = false
  #timer = 0
  #saving: Promise<boolean> | undefined
  #request = 0

  constructor(actions: EditorActions) {
    this.#actions = actions
    this.#title.maxLength = MAX_TITLE_LENGTH
    this.#body.maxLength = MAX_BODY_LENGTH
    this.#title.addEventListener('input', () => this.#touch())
    this.#body.addEventListener('input', () => this.#touch())
    this.#editor.addEventListener('focusout', () => void this.flush())
    window.addEventListener('blur', () => void this.flush())
    this.#editor.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.#actions.leave()
      else if (event.key === 'Enter' && event.target === this.#title && !event.isComposing) this.#body.focus()
      else return
      event.preventDefault()
    })
  }

  /** The id of the note that is shown. */
  get id(): number | undefined {
    return this.#note?.id
  }

  get isBlank(): boolean {
    return this.#note !== undefined && isBlank({ title: this.#title.value, body: this.#body.value })
  }

  /** Shows a note, or none. False if the previous one could not be saved, or a newer call has started. */
  open(id: number | undefined): Promise<boolean> {
    return this.#showWhenRead(async () => (id === undefined ? undefined : unwrap(bridge.read(id))))
  }

  /** Makes a note and shows it. False as for {@link open}. */
  openNew(): Promise<boolean> {
    return this.#showWhenRead(() => unwrap(bridge.create()))
  }

  async #showWhenRead(read: () => Promise<Note | undefined>): Promise<boolean> {
    this.#request += 1
    const request = this.#request
    const note = await read()
    if (!(await this.flush()) || request !== this.#request) return false
    // A note that is left empty is removed.
    const abandoned = this.isBlank && this.id !== note?.id ? this.id : undefined
    this.#show(note)
    if (abandoned !== undefined) await unwrap(bridge.remove(abandoned))
    return true
  }

  /** Saves the note for the last time. False if that fails. */
  async close(): Promise<boolean> {
    if (!(await this.flush())) return false
    if (this.isBlank && this.id !== undefined) await unwrap(bridge.remove(this.id))
    return true
  }

  /** Shows the note as it is in the database, unless the user is writing it. */
  async reload(): Promise<void> {
    const { id } = this
    if (id === undefined || this.#dirty) return
    const note = await unwrap(bridge.read(id))
    const changed = note.title !== this.#title.value || note.body !== this.#body.value
    if (changed && this.id === id && !this.#dirty && !this.#saving) this.#show(note)
  }

  focus(): void {
    const field = this.#title.value === '' ? this.#title : this.#body
    field.focus()
  }

  /** Saves the unsaved changes. True if all are saved. */
  flush(): Promise<boolean> {
    window.clearTimeout(this.#timer)
    this.#timer = 0
    this.#saving ??= this.#save().finally(() => {
      this.#saving = undefined
    })
    return this.#saving
  }

  async #save(): Promise<boolean> {
    while (this.#dirty && this.#note) {
      this.#dirty = false
      try {
        const text = { title: this.#title.value, body: this.#body.value }
        await unwrap(bridge.save(this.#note.id, text))
        this.#saveState.textContent = 'Saved'
        this.#edited.textContent = `Edited ${longMoment(Date.now())}`
      } catch (error) {
        this.#dirty = true
        this.#saveState.textContent = 'Not saved'
        this.#saveLater(RETRY_DELAY_MS)
        this.#actions.saveFailed(error)
        return false
      }
    }
    return true
  }

  #touch(): void {
    this.#dirty = true
    this.#saveState.textContent = ''
    this.#showWindowTitle()
    this.#saveLater(SAVE_DELAY_MS)
  }

  #saveLater(delay: number): void {
    this.#timer ||= window.setTimeout(() => void this.flush(), delay)
  }

  #show(note: Note | undefined): void {
    this.#note = note
    this.#title.value = note?.title ?? ''
    this.#body.value = note?.body ?? ''
    this.#body.scrollTop = 0
    this.#body.setSelectionRange(0, 0)
    this.#edited.textContent = note ? `Edited ${longMoment(note.updatedAt)}` : ''
    this.#source.textContent = note?.sourcePath ? `from ${note.sourcePath}` : ''
    this.#saveState.textContent = ''
    this.#editor.hidden = note === undefined
    this.#nothingOpen.hidden = note !== undefined
    this.#showWindowTitle()
  }

  #showWindowTitle(): void {
    document.title = this.#note ? `${this.#title.value.trim() || 'Untitled'} — Notes` : 'Notes'
  }
}
