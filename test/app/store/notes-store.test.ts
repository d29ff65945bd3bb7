import { describe, expect, test } from 'vitest'
import { countNotes } from '../../../src/main/app/store/note-list.ts'
import {
  createNote,
  purgeRemoved,
  readNote,
  removeNote,
  restoreNote,
  saveNote,
} from '../../../src/main/app/store/notes-store.ts'
import type { NoteText } from '../../../src/shared/notes/notes.ts'
import { addNote, openNotesDb, titlesOf } from './notes-db.ts'

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
