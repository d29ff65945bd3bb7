import { sql } from 'kysely'
import { describe, expect, test, vi } from 'vitest'
import {
  countNotes,
  createNote,
  listNotes,
  purgeRemoved,
  readNote,
  removeNote,
  restoreNote,
  saveNote,
} from '../../../src/main/app/store/notes-store.ts'
import type { NoteText, TextPiece } from '../../../src/shared/notes/notes.ts'
import { openNotesDb } from './notes-db.ts'

type NotesDb = Awaited<ReturnType<typeof openNotesDb>>

async function addNote(db: NotesDb, title: string, body = ''): Promise<number> {
  const { id } = await createNote(db)
  await saveNote(db, id, { title, body })
  return id
}

async function titlesOf(db: NotesDb, query: string): Promise<string[]> {
  const { notes } = await listNotes(db, query, 100)
  return notes.map((note) => textOf(note.title))
}

function textOf(pieces: readonly TextPiece[]): string {
  return pieces.map((piece) => piece.text).join('')
}

function matchesOf(pieces: readonly TextPiece[]): string[] {
  return pieces.filter((piece) => piece.match).map((piece) => piece.text)
}

describe('a note', () => {
  test('is empty at first and reads back as it was saved', async () => {
    const db = await openNotesDb()
    const { id } = await createNote(db)
    expect(await readNote(db, id)).toMatchObject({ title: '', body: '', sourcePath: null })
    const text: NoteText = { title: 'Täglich', body: 'one\n\ntwo “quoted” 🌲\n' }
    await saveNote(db, id, text)
    expect(await readNote(db, id)).toMatchObject(text)
  })

  test('that does not exist is an error with a code', async () => {
    const db = await openNotesDb()
    const missing = { code: 'not-found' }
    await expect(readNote(db, 1)).rejects.toMatchObject(missing)
    await expect(saveNote(db, 1, { title: '', body: '' })).rejects.toMatchObject(missing)
    await expect(removeNote(db, 1)).rejects.toMatchObject(missing)
    await expect(restoreNote(db, 1)).rejects.toMatchObject(missing)
  })

  test('comes back as it was when its removal is undone', async () => {
    const db = await openNotesDb()
    const id = await addNote(db, 'Kept', 'whole')
    await removeNote(db, id)
    expect(await countNotes(db)).toBe(0)
    expect(await titlesOf(db, '')).toEqual([])
    expect(await titlesOf(db, 'kept')).toEqual([])
    await expect(readNote(db, id)).rejects.toMatchObject({ code: 'not-found' })
    await restoreNote(db, id)
    expect(await readNote(db, id)).toMatchObject({ title: 'Kept', body: 'whole' })
    expect(await titlesOf(db, 'whole')).toEqual(['Kept'])
  })

  test('can still be saved while it is removed: what was typed last is restored with it', async () => {
    const db = await openNotesDb()
    const id = await addNote(db, 'Before')
    await removeNote(db, id)
    await saveNote(db, id, { title: 'After', body: '' })
    await restoreNote(db, id)
    expect(await titlesOf(db, 'after')).toEqual(['After'])
  })

  test('is gone for good when removed ones are purged, and its id is not used again', async () => {
    const db = await openNotesDb()
    const kept = await addNote(db, 'Kept')
    const removed = await addNote(db, 'Removed')
    await removeNote(db, removed)
    await purgeRemoved(db)
    await expect(restoreNote(db, removed)).rejects.toMatchObject({ code: 'not-found' })
    expect(await titlesOf(db, 'kept removed')).toEqual([])
    expect(await readNote(db, kept)).toMatchObject({ title: 'Kept' })
    expect((await createNote(db)).id).toBeGreaterThan(removed)
  })
})

describe('the list', () => {
  test('has the note written last first', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000 })
    try {
      const db = await openNotesDb()
      const first = await addNote(db, 'First')
      vi.setSystemTime(2_000)
      await addNote(db, 'Second')
      expect(await titlesOf(db, '')).toEqual(['Second', 'First'])
      vi.setSystemTime(3_000)
      await saveNote(db, first, { title: 'First again', body: '' })
      expect(await titlesOf(db, '')).toEqual(['First again', 'Second'])
    } finally {
      vi.useRealTimers()
    }
  })

  test('is cut at its limit and says how many there are', async () => {
    const db = await openNotesDb()
    for (let index = 0; index < 5; index += 1) await addNote(db, `Note ${index}`, 'same')
    expect(await listNotes(db, '', 2)).toMatchObject({ notes: { length: 2 }, total: 5 })
    expect(await listNotes(db, 'same', 3)).toMatchObject({ notes: { length: 3 }, total: 5 })
  })

  test('shows the start of a body on one line', async () => {
    const db = await openNotesDb()
    await addNote(db, 'Long', `one\n\ttwo\n${'x'.repeat(10_000)}`)
    const { notes } = await listNotes(db, '', 1)
    expect(textOf(notes[0]?.excerpt ?? [])).toMatch(/^one two x{100,160}$/)
  })
})

describe('a search', () => {
  test('finds words by their beginning, in any order, whatever their case and accents', async () => {
    const db = await openNotesDb()
    await addNote(db, 'Crème brûlée', 'Sugar, cream and patience')
    await addNote(db, 'Bread', 'Flour, water and patience')
    expect(await titlesOf(db, 'BRUL')).toEqual(['Crème brûlée'])
    expect(await titlesOf(db, 'pat flo')).toEqual(['Bread'])
    expect(await titlesOf(db, 'sugar flour')).toEqual([])
  })

  test('puts a note with the word in its title first', async () => {
    const db = await openNotesDb()
    await addNote(db, 'Bread', 'flour, water, salt')
    await addNote(db, 'Flour', 'where to buy it')
    expect(await titlesOf(db, 'flour')).toEqual(['Flour', 'Bread'])
  })

  test('marks what it found, in the title and around the place in the body', async () => {
    const db = await openNotesDb()
    await addNote(db, 'Kernel locks', `${'padding '.repeat(500)}the kernel decides ${'padding '.repeat(500)}`)
    const { notes } = await listNotes(db, 'kern', 1)
    expect(matchesOf(notes[0]?.title ?? [])).toEqual(['Kernel'])
    expect(matchesOf(notes[0]?.excerpt ?? [])).toEqual(['kernel'])
    expect(textOf(notes[0]?.excerpt ?? []).length).toBeLessThan(200)
  })

  test('follows the notes as they change', async () => {
    const db = await openNotesDb()
    const id = await addNote(db, 'Old', 'before')
    await saveNote(db, id, { title: 'New', body: 'after' })
    expect(await titlesOf(db, 'old')).toEqual([])
    expect(await titlesOf(db, 'after')).toEqual(['New'])
    await sql`insert into notes_fts (notes_fts, rank) values ('integrity-check', 1)`.execute(db)
  })

  test.each([
    '"',
    '""" "',
    "'; drop table notes; --",
    'AND',
    'NOT OR NEAR(',
    'title: x',
    '^*',
    '(a OR',
    'a* -b +c',
    '\0a\0',
    '{title}: a',
    '\u0002x\u0003',
    '🌲',
  ])('for %j is no error', async (query) => {
    const db = await openNotesDb()
    await addNote(db, 'A plain note', 'x y z')
    await expect(listNotes(db, query, 10)).resolves.toBeDefined()
  })

  test('takes the operators of FTS5 for the words they are', async () => {
    const db = await openNotesDb()
    await addNote(db, 'Salt and pepper')
    await addNote(db, 'Salt')
    expect(await titlesOf(db, 'salt AND pepper')).toEqual(['Salt and pepper'])
    expect(await titlesOf(db, 'salt NOT pepper')).toEqual([])
  })

  test('for nothing but punctuation finds nothing', async () => {
    const db = await openNotesDb()
    await addNote(db, 'A note')
    expect(await listNotes(db, '!?', 10)).toEqual({ notes: [], total: 0 })
  })
})
