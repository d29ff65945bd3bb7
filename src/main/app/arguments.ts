import {
  MAX_BODY_LENGTH,
  MAX_LIST_LIMIT,
  MAX_TITLE_LENGTH,
  NotesError,
  type NoteText,
} from '../../shared/notes/notes.ts'

// An argument from the page is `unknown` until one of these functions has checked it. All throw `invalid-argument`.

const MAX_QUERY_LENGTH = 1_000

/** The id of a note: a positive integer. */
export function asNoteId(value: unknown): number {
  return asInteger(value, Number.MAX_SAFE_INTEGER, 'id')
}

/** How many notes to list. */
export function asLimit(value: unknown): number {
  return asInteger(value, MAX_LIST_LIMIT, 'limit')
}

/** The text of the search field. */
export function asQuery(value: unknown): string {
  return asString(value, MAX_QUERY_LENGTH, 'query')
}

/** The text of a note to save. */
export function asNoteText(value: unknown): NoteText {
  if (typeof value !== 'object' || value === null) throw invalid('text')
  return {
    title: asString('title' in value && value.title, MAX_TITLE_LENGTH, 'title'),
    body: asString('body' in value && value.body, MAX_BODY_LENGTH, 'body'),
  }
}

function asInteger(value: unknown, max: number, name: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > max) throw invalid(name)
  return value
}

function asString(value: unknown, maxLength: number, name: string): string {
  if (typeof value !== 'string' || value.length > maxLength) throw invalid(name)
  return value
}

function invalid(name: string): NotesError {
  return new NotesError('invalid-argument', `The ${name} is not valid.`)
}
