import type { NoteSummary, TextPiece } from '../shared/notes/notes.ts'
import { shortMoment } from './format.ts'

const rows = new WeakMap<NoteSummary, HTMLElement>()

/** The row of a note. The same note has the same element, so the browser lays it out only once. */
export function rowOf(note: NoteSummary, index: number, total: number): HTMLElement {
  const row = rows.get(note) ?? newRow(note)
  rows.set(note, row)
  row.dataset.index = String(index)
  row.ariaPosInSet = String(index + 1)
  row.ariaSetSize = String(total)
  return row
}

function newRow(note: NoteSummary): HTMLElement {
  const row = document.createElement('div')
  row.id = `note-${note.id}`
  row.className = 'row'
  row.role = 'option'

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
