import { type NoteSummary, PAGE_LENGTH } from '../shared/notes/notes.ts'
import { bridge, unwrap } from './bridge.ts'

// More pages than a screen has. The oldest ones are read again when they are needed.
const MAX_PAGES = 40

type Pages = Map<number, readonly NoteSummary[]>

/** Positions of notes in the list, both included. */
export interface Range {
  readonly first: number
  readonly last: number
}

/** The notes of the list or of a search. A page of them is read when it is needed. */
export class NotePages {
  readonly #onChange: () => void
  readonly #onError: (error: unknown) => void
  #query = ''
  #pages: Pages = new Map()
  #total = 0
  #isCounted = true
  #version = 0
  #isLoading = false

  constructor(onChange: () => void, onError: (error: unknown) => void) {
    this.#onChange = onChange
    this.#onError = onError
  }

  get query(): string {
    return this.#query
  }

  /** The number of all notes. It is a lower bound until they are counted. */
  get total(): number {
    return this.#total
  }

  get isCounted(): boolean {
    return this.#isCounted
  }

  at(index: number): NoteSummary | undefined {
    return this.#pages.get(pageOf(index))?.[index % PAGE_LENGTH]
  }

  /** The position of a note whose page is loaded. */
  indexOf(id: number | undefined): number | undefined {
    for (const [page, notes] of this.#pages) {
      const index = notes.findIndex((note) => note.id === id)
      if (index !== -1) return page * PAGE_LENGTH + index
    }
    return undefined
  }

  /** Reads the pages of the range again, for this query. Resolves before all notes are counted. */
  async refresh(query: string, { first, last }: Range): Promise<void> {
    this.#version += 1
    const version = this.#version
    const pages: Pages = new Map()
    for (let page = pageOf(first); page <= pageOf(last); page += 1) {
      const notes = await read(query, page, pages)
      // A newer refresh has started. This answer belongs to an older list.
      if (version !== this.#version) return
      pages.set(page, notes)
      if (notes.length < PAGE_LENGTH) break
    }
    if (query !== this.#query) {
      this.#isCounted = false
      this.#total = [...pages.values()].flat().length
    }
    this.#query = query
    this.#pages = pages
    this.#onChange()
    void this.#count(version)
  }

  /** Reads the pages that are missing. The range is asked for again after each one, because the user may scroll on. */
  async load(rangeOf: () => Range): Promise<void> {
    if (this.#isLoading) return
    this.#isLoading = true
    try {
      for (let page = this.#missing(rangeOf()); page !== undefined; page = this.#missing(rangeOf())) {
        const pages = this.#pages
        const notes = await read(this.#query, page, pages)
        if (pages !== this.#pages) continue
        pages.set(page, notes)
        const [oldest] = pages.keys()
        if (pages.size > MAX_PAGES && oldest !== undefined) pages.delete(oldest)
        this.#onChange()
      }
    } catch (error) {
      this.#onError(error)
    } finally {
      this.#isLoading = false
    }
  }

  async #count(version: number): Promise<void> {
    try {
      const total = await unwrap(bridge.count(this.#query))
      if (version !== this.#version) return
      this.#total = total
      this.#isCounted = true
      this.#onChange()
    } catch (error) {
      this.#onError(error)
    }
  }

  #missing({ first, last }: Range): number | undefined {
    const end = pageOf(Math.min(last, this.#total - 1))
    for (let page = pageOf(first); page <= end; page += 1) if (!this.#pages.has(page)) return page
    return undefined
  }
}

function pageOf(index: number): number {
  return Math.floor(index / PAGE_LENGTH)
}

async function read(query: string, page: number, pages: Pages): Promise<readonly NoteSummary[]> {
  const last = pages.get(page - 1)?.at(-1)
  const after = last && { id: last.id, updatedAt: last.updatedAt }
  return await unwrap(bridge.list(query, { offset: page * PAGE_LENGTH, after }))
}
