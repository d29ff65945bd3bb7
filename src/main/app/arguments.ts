import {
  MAX_BODY_LENGTH,
  MAX_TITLE_LENGTH,
  NotesError,
  type NoteText,
  type PageStart,
} from '../../shared/notes/notes.ts'

// An argument from the page is `unknown` until one of these functions has checked it. All throw `invalid-argument`.

const MAX_QUERY_LENGTH = 1_000

/** The id of a note: a positive integer. */
export function asNoteId(value: unknown): number {
  return asInteger(value, 'id', 1)
}

/** Where a page of the list begins. */
export function asPageStart(value: unknown): PageStart {
  if (!isObject(value)) throw invalid('start')
  const offset = asInteger(value.offset, 'offset', 0)
  if (value.after === undefined) return { offset }
  if (!isObject(value.after)) throw invalid('start')
  const { id, updatedAt } = value.after
  return {
    offset,
    after: { id: asNoteId(id), updatedAt: asInteger(updatedAt, 'date', Number.MIN_SAFE_INTEGER) },
  }
}

/** The text of the search field. */
export function asQuery(value: unknown): string {
  return asString(value, MAX_QUERY_LENGTH, 'query')
}

/** The text of a note to save. */
export function asNoteText(value: unknown): NoteText {
  if (!isObject(value)) throw invalid('text')
  return {
    title: asString(value.title, MAX_TITLE_LENGTH, 'title'),
    body: asString(value.body, MAX_BODY_LENGTH, 'body'),
  }
}

/** The paths of dropped files and folders. */
export function asPaths(value: unknown): string[] {
  if (!Array.isArray(value) || !value.every((path) => typeof path === 'string')) throw invalid('paths')
  return value
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function asInteger(value: unknown, name: string, min: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min) throw invalid(name)
  return value
}

function asString(value: unknown, maxLength: number, name: string): string {
  if (typeof value !== 'string' || value.length > maxLength) throw invalid(name)
  return value
}

function invalid(name: string): NotesError {
  return new NotesError('invalid-argument', `The ${name} is not valid.`)
}
