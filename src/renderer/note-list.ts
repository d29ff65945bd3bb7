import type { NoteList, NoteSummary, TextPiece } from '../shared/notes/notes.ts'
import { byId } from './elements.ts'
import { shortMoment } from './format.ts'

const PAGE_SIZE = 100
const NEAR_END_PX = 600

interface NoteListActions {
  /** Another note was chosen. */
  readonly select: (id: number) => void
  /** Enter was pressed on the chosen note. */
  readonly edit: () => void
  readonly remove: () => void
  /** The end of the list is near and `limit` has grown. */
  readonly more: () => void
}

/** The notes, or the matches of a search. One of them can be chosen. */
export class NoteListView {
  readonly #list = byId('list', HTMLElement)
  readonly #actions: NoteListActions
  #notes: readonly NoteSummary[] = []
  #total = 0
  #selected: number | undefined
  #limit = PAGE_SIZE

  constructor(actions: NoteListActions) {
    this.#actions = actions
    this.#list.addEventListener('keydown', (event) => {
      if (this.#onKey(event)) event.preventDefault()
    })
    // Not on click: a row that is drawn again between press and release would never get one.
    this.#list.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return
      const row = event.target instanceof Element && event.target.closest<HTMLElement>('[data-id]')
      if (row) this.#choose(Number(row.dataset.id))
    })
    this.#list.addEventListener('dblclick', () => this.#actions.edit())
    this.#list.addEventListener('scroll', () => this.#growNearEnd())
  }

  /** How many notes it shows at most. */
  get limit(): number {
    return this.#limit
  }

  focus(): void {
    this.#list.focus()
  }

  /** Scrolls back to the start, for another search. */
  reset(): void {
    this.#limit = PAGE_SIZE
    this.#list.scrollTop = 0
  }

  show({ notes, total }: NoteList): void {
    this.#notes = notes
    this.#total = total
    this.#list.replaceChildren(...notes.map(rowOf))
    this.#mark()
  }

  /** Marks the chosen note, without a call of `actions`. */
  set selected(id: number | undefined) {
    this.#selected = id
    this.#mark()
    this.#rowOf(id)?.scrollIntoView({ block: 'nearest' })
  }

  /** Chooses the first note, if there is any. */
  selectFirst(): void {
    this.#chooseAt(0)
  }

  /** Returns the note to choose when this one is removed: the one below, else the one above. */
  neighborOf(id: number): number | undefined {
    const index = this.#notes.findIndex((note) => note.id === id)
    if (index === -1) return undefined
    return (this.#notes[index + 1] ?? this.#notes[index - 1])?.id
  }

  #onKey({ key, ctrlKey, metaKey }: KeyboardEvent): boolean {
    const index = this.#notes.findIndex((note) => note.id === this.#selected)
    if (ctrlKey || metaKey) return false
    if (key === 'ArrowDown') this.#chooseAt(index + 1)
    else if (key === 'ArrowUp') this.#chooseAt(index === -1 ? 0 : index - 1)
    else if (key === 'Home') this.#chooseAt(0)
    else if (key === 'End') this.#chooseAt(this.#notes.length - 1)
    else if (this.#selected === undefined) return false
    else if (key === 'Enter') this.#actions.edit()
    else if (key === 'Delete') this.#actions.remove()
    else return false
    return true
  }

  #chooseAt(index: number): void {
    const note = this.#notes[index]
    if (note) this.#choose(note.id)
  }

  #choose(id: number): void {
    this.selected = id
    this.#actions.select(id)
  }

  #mark(): void {
    for (const row of this.#list.querySelectorAll('[aria-selected="true"]')) row.ariaSelected = 'false'
    const row = this.#rowOf(this.#selected)
    if (row) {
      row.ariaSelected = 'true'
      this.#list.setAttribute('aria-activedescendant', row.id)
    } else {
      this.#list.removeAttribute('aria-activedescendant')
    }
  }

  #rowOf(id: number | undefined): HTMLElement | null {
    return id === undefined ? null : document.getElementById(`note-${id}`)
  }

  #growNearEnd(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.#list
    const all = this.#notes.length === this.#total
    if (all || this.#limit > this.#notes.length || scrollTop + clientHeight < scrollHeight - NEAR_END_PX)
      return
    this.#limit += PAGE_SIZE
    this.#actions.more()
  }
}

function rowOf(note: NoteSummary): HTMLElement {
  const row = document.createElement('div')
  row.id = `note-${note.id}`
  row.className = 'row'
  row.role = 'option'
  row.ariaSelected = 'false'
  row.dataset.id = String(note.id)

  const moment = document.createElement('time')
  moment.dateTime = new Date(note.updatedAt).toISOString()
  moment.textContent = shortMoment(note.updatedAt)
  const untitled = [{ text: 'Untitled', match: false }]
  const noText = [{ text: 'No text yet', match: false }]
  row.append(
    line('row-title', note.title.length > 0 ? note.title : untitled),
    moment,
    line('row-excerpt', note.excerpt.length > 0 ? note.excerpt : noText),
  )
  return row
}

function line(className: string, pieces: readonly TextPiece[]): HTMLElement {
  const element = document.createElement('span')
  element.className = className
  for (const { text, match } of pieces) {
    if (match) {
      const mark = document.createElement('mark')
      mark.textContent = text
      element.append(mark)
    } else {
      element.append(text)
    }
  }
  return element
}
