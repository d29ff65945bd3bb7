import { bridge, unwrap } from './bridge.ts'
import { byId } from './elements.ts'
import { NotePages, type Range } from './note-pages.ts'
import { rowOf } from './note-row.ts'

// Rows outside of the view that are drawn too, so that a short scroll shows no gap.
const ROWS_AROUND = 8

interface NoteListActions {
  /** Another note was chosen. */
  readonly select: (id: number) => void
  /** Enter was pressed on the chosen note. */
  readonly edit: (id: number) => void
  readonly remove: (id: number) => void
  /** The notes or their number changed. */
  readonly changed: (query: string, total: number) => void
  readonly failed: (error: unknown) => void
}

/**
 * The notes, or the matches of a search. One of them can be chosen. Only the rows in view are in the document. All rows
 * have the same height, so the scrollbar shows the position in the whole list. Chromium limits the height of an element to
 * 33,554,428 pixels, which are about 600,000 rows.
 */
export class NoteListView {
  readonly #list = byId('list', HTMLElement)
  readonly #rows = byId('rows', HTMLElement)
  readonly #rowHeight = Number.parseFloat(getComputedStyle(this.#list).getPropertyValue('--row-height'))
  readonly #actions: NoteListActions
  readonly #pages: NotePages
  #selected: number | undefined
  /** Where the chosen note was when its page was loaded last. */
  #position = -1
  /** The position to choose as soon as its page is loaded. The end is at infinity until the notes are counted. */
  #target: number | undefined

  constructor(actions: NoteListActions) {
    this.#actions = actions
    this.#pages = new NotePages(
      () => {
        this.#draw()
        actions.changed(this.#pages.query, this.#pages.total)
      },
      (error) => {
        this.#target = undefined
        actions.failed(error)
      },
    )
    this.#list.addEventListener('keydown', (event) => {
      if (this.#onKey(event)) event.preventDefault()
    })
    // Not on click: a row that is drawn again between press and release would never get one.
    this.#list.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return
      const row = event.target instanceof Element && event.target.closest<HTMLElement>('[data-index]')
      if (row) this.#chooseAt(Number(row.dataset.index))
    })
    this.#list.addEventListener('dblclick', () => {
      if (this.#selected !== undefined) this.#actions.edit(this.#selected)
    })
    this.#list.addEventListener('scroll', () => this.#draw())
    new ResizeObserver(() => this.#draw()).observe(this.#list)
  }

  focus(): void {
    this.#list.focus()
  }

  /** Scrolls back to the start, for another search. */
  reset(): void {
    this.#target = undefined
    this.#list.scrollTop = 0
  }

  /** Reads the visible notes again. */
  async refresh(query: string): Promise<void> {
    await this.#pages.refresh(query, this.#range())
  }

  /** Marks the chosen note and scrolls to it, without a call of `actions`. */
  set selected(id: number | undefined) {
    // Its text may come late. The user may have scrolled on by then.
    if (id === this.#selected) return
    this.#selected = id
    const index = this.#pages.indexOf(id)
    if (index !== undefined) this.#scrollTo(index)
    this.#draw()
  }

  /** Marks the chosen note, and scrolls to it wherever it is. */
  async reveal(id: number | undefined): Promise<void> {
    this.selected = id
    const index = this.#pages.indexOf(id)
    if (index !== undefined) this.#scrollTo(index)
    if (id === undefined || index !== undefined || this.#pages.query.trim() !== '') return
    const position = await unwrap(bridge.position(id))
    if (this.#selected !== id) return
    this.#position = position
    this.#scrollTo(position)
  }

  /** Chooses the first note, if there is any. */
  selectFirst(): void {
    this.#chooseAt(0)
  }

  /** Returns the note to choose when this one is removed: the one below, else the one above. */
  neighborOf(id: number): number | undefined {
    const index = this.#pages.indexOf(id) ?? this.#position
    return (this.#pages.at(index + 1) ?? this.#pages.at(index - 1))?.id
  }

  #onKey({ key, ctrlKey, metaKey }: KeyboardEvent): boolean {
    if (ctrlKey || metaKey) return false
    const target = this.#target === undefined ? undefined : Math.min(this.#target, this.#pages.total)
    const index = target ?? this.#pages.indexOf(this.#selected) ?? this.#position
    const screen = Math.max(1, Math.floor(this.#list.clientHeight / this.#rowHeight) - 1)
    if (key === 'ArrowDown') this.#chooseAt(index + 1)
    else if (key === 'ArrowUp') this.#chooseAt(index - 1)
    else if (key === 'PageDown') this.#chooseAt(index + screen)
    else if (key === 'PageUp') this.#chooseAt(index - screen)
    else if (key === 'Home') this.#chooseAt(0)
    else if (key === 'End') this.#chooseAt(Number.POSITIVE_INFINITY)
    else if (this.#selected === undefined) return false
    else if (key === 'Enter') this.#actions.edit(this.#selected)
    else if (key === 'Delete') this.#actions.remove(this.#selected)
    else return false
    return true
  }

  #chooseAt(index: number): void {
    this.#target = Math.max(0, index)
    this.#draw()
  }

  #chooseTarget(): void {
    const { total, isCounted } = this.#pages
    if (this.#target === undefined || (this.#target >= total && !isCounted)) return
    if (total === 0) {
      this.#target = undefined
      return
    }
    this.#target = Math.min(this.#target, total - 1)
    this.#scrollTo(this.#target)
    const note = this.#pages.at(this.#target)
    if (!note) return
    this.#target = undefined
    if (note.id === this.#selected) return
    this.#selected = note.id
    this.#actions.select(note.id)
  }

  #scrollTo(index: number): void {
    const { scrollTop, clientHeight } = this.#list
    const top = index * this.#rowHeight
    this.#rows.style.height = `${this.#pages.total * this.#rowHeight}px`
    this.#list.scrollTop = Math.min(Math.max(scrollTop, top + this.#rowHeight - clientHeight), top)
  }

  #range(): Range {
    const { scrollTop, clientHeight } = this.#list
    return {
      first: Math.max(0, Math.floor(scrollTop / this.#rowHeight) - ROWS_AROUND),
      last: Math.floor((scrollTop + clientHeight) / this.#rowHeight) + ROWS_AROUND,
    }
  }

  #draw(): void {
    this.#chooseTarget()
    this.#position = this.#pages.indexOf(this.#selected) ?? this.#position
    this.#rows.style.height = `${this.#pages.total * this.#rowHeight}px`
    const { first, last } = this.#range()
    const rows: HTMLElement[] = []
    this.#list.removeAttribute('aria-activedescendant')
    for (let index = first; index <= last; index += 1) {
      const note = this.#pages.at(index)
      if (!note) continue
      const row = rowOf(note, index, this.#pages.total)
      row.style.top = `${index * this.#rowHeight}px`
      row.ariaSelected = String(note.id === this.#selected)
      if (note.id === this.#selected) this.#list.setAttribute('aria-activedescendant', row.id)
      rows.push(row)
    }
    this.#rows.replaceChildren(...rows)
    void this.#pages.load(() => this.#range())
  }
}
