import { isBlank, MAX_BODY_LENGTH, MAX_TITLE_LENGTH, type Note } from '../shared/notes/notes.ts'
import { BodyEditor } from './body-editor.ts'
import { bridge, unwrap } from './bridge.ts'
import { byId } from './elements.ts'
import { grouped, longMoment } from './format.ts'

const SAVE_DELAY_MS = 400
/**
 * While a note of this length is saved and indexed, a key can take longer than a tenth of a second. So it is saved in the next
 * pause, but not later than the longest delay.
 */
const LONG_NOTE = 1_000_000
const PAUSE_MS = 1_000
const LONGEST_DELAY_MS = 10_000
const RETRY_DELAY_MS = 3_000

interface EditorActions {
  /** Esc was pressed. */
  readonly leave: () => void
  /** Saving failed. The text is kept and saving is tried again. */
  readonly saveFailed: (error: unknown) => void
  /** A change was refused, for this reason. The text stays as it was. */
  readonly refused: (reason: string) => void
}

/**
 * Shows one note and saves it while it is written: 400 ms after the first unsaved key, or in a pause if the note is long, and at
 * once when it loses the focus.
 * Another note is opened only after this one is saved.
 */
export class Editor {
  readonly #editor = byId('editor', HTMLElement)
  readonly #title = byId('title', HTMLInputElement)
  readonly #body = new BodyEditor(byId('body', HTMLElement), {
    changed: () => this.#touch(),
    tooLong: (length) => this.#refuse('A note', MAX_BODY_LENGTH, length),
  })
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
  /** The number of the user's changes. */
  #changes = 0
  #unsavedSince = 0

  constructor(actions: EditorActions) {
    this.#actions = actions
    this.#title.addEventListener('input', () => this.#touch())
    // The attribute `maxlength` would cut a long text without a word.
    this.#title.addEventListener('beforeinput', (event) => {
      const { value, selectionStart, selectionEnd } = this.#title
      const selected = (selectionEnd ?? 0) - (selectionStart ?? 0)
      const length = value.length - selected + (event.data?.length ?? 0)
      if (!event.data || length <= MAX_TITLE_LENGTH) return
      event.preventDefault()
      this.#refuse('A title', MAX_TITLE_LENGTH, length)
    })
    this.#editor.addEventListener('focusout', () => this.#saveNow())
    window.addEventListener('blur', () => this.#saveNow())
    this.#editor.addEventListener('keydown', (event) => {
      if (event.defaultPrevented) return
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
    return this.#note !== undefined && isBlank({ title: this.#title.value, body: this.#body.text })
  }

  /** Shows a note, or none. False if the previous one could not be saved, or a newer call has started. */
  async open(id: number | undefined): Promise<boolean> {
    if (id === this.id) {
      // The note that is being opened is no longer wanted.
      this.#request += 1
      return true
    }
    return await this.#showWhenRead(async () => (id === undefined ? undefined : unwrap(bridge.read(id))))
  }

  /** Makes a note and shows it. False as for {@link open}. */
  async openNew(): Promise<boolean> {
    let made: Note | undefined
    const isShown = await this.#showWhenRead(async () => {
      made = await unwrap(bridge.create())
      return made
    })
    if (!isShown && made) await unwrap(bridge.remove(made.id))
    return isShown
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
    await this.#saving
    const { id } = this
    if (id === undefined || this.#dirty) return
    const changes = this.#changes
    const note = await unwrap(bridge.read(id))
    if (this.id !== id || this.#changes !== changes) return
    this.#body.replace(note.body)
    this.#showDetails(note)
  }

  focus(): void {
    const field = this.#title.value === '' ? this.#title : this.#body
    field.focus()
  }

  /** Undoes the last change of the field that has the focus. */
  undo(): void {
    if (this.#body.isFocused) this.#body.undo()
    else document.execCommand('undo')
  }

  redo(): void {
    if (this.#body.isFocused) this.#body.redo()
    else document.execCommand('redo')
  }

  /** Selects all of the field that has the focus. */
  selectAll(): void {
    if (this.#body.isFocused) this.#body.selectAll()
    else document.execCommand('selectAll')
  }

  /** Shows the field that finds words in the note. */
  find(): void {
    this.#body.find()
  }

  /** Saves the unsaved changes. True if all are saved. */
  async flush(): Promise<boolean> {
    do {
      this.#clearTimer()
      if (!(await this.#saveOnce())) return false
    } while (this.#dirty && this.#note)
    return true
  }

  #saveNow(): void {
    this.#clearTimer()
    void this.#saveOnce()
  }

  #clearTimer(): void {
    window.clearTimeout(this.#timer)
    this.#timer = 0
  }

  #saveOnce(): Promise<boolean> {
    this.#saving ??= this.#save().finally(() => {
      this.#saving = undefined
    })
    return this.#saving
  }

  async #save(): Promise<boolean> {
    if (!this.#dirty || !this.#note) return true
    this.#dirty = false
    try {
      const text = { title: this.#title.value, body: this.#body.text }
      await unwrap(bridge.save(this.#note.id, text))
    } catch (error) {
      this.#dirty = true
      this.#unsavedSince = performance.now()
      this.#saveState.textContent = 'Not saved'
      this.#saveLater(RETRY_DELAY_MS)
      this.#actions.saveFailed(error)
      return false
    }
    this.#edited.textContent = `Edited ${longMoment(Date.now())}`
    // The user may have typed on.
    if (this.#dirty) this.#saveLater(SAVE_DELAY_MS)
    else this.#saveState.textContent = 'Saved'
    return true
  }

  #touch(): void {
    if (!this.#dirty) this.#unsavedSince = performance.now()
    this.#dirty = true
    this.#changes += 1
    this.#saveState.textContent = ''
    this.#showWindowTitle()
    if (this.#body.length >= LONG_NOTE) this.#saveInPause()
    else this.#saveLater(SAVE_DELAY_MS)
  }

  #saveInPause(): void {
    this.#clearTimer()
    const left = this.#unsavedSince + LONGEST_DELAY_MS - performance.now()
    this.#saveLater(Math.min(PAUSE_MS, Math.max(0, left)))
  }

  #saveLater(delay: number): void {
    this.#timer ||= window.setTimeout(() => this.#saveNow(), delay)
  }

  #show(note: Note | undefined): void {
    this.#editor.hidden = note === undefined
    this.#nothingOpen.hidden = note !== undefined
    if (note?.id !== this.id) void bridge.rememberNote(note?.id ?? null)
    this.#body.open(note?.id, note?.body ?? '')
    this.#showDetails(note)
  }

  #showDetails(note: Note | undefined): void {
    this.#note = note
    if (this.#title.value !== note?.title) this.#title.value = note?.title ?? ''
    this.#edited.textContent = note ? `Edited ${longMoment(note.updatedAt)}` : ''
    this.#source.textContent = note?.sourcePath ? `Imported from ${note.sourcePath}` : ''
    this.#saveState.textContent = ''
    this.#showWindowTitle()
  }

  #refuse(what: string, limit: number, length: number): void {
    this.#actions.refused(
      `${what} can have at most ${grouped(limit)} characters. With this change, it would have ${grouped(length)}, so the change was not made.`,
    )
  }

  #showWindowTitle(): void {
    document.title = this.#note ? `${this.#title.value.trim() || 'Untitled'} — Notes` : 'Notes'
  }
}
