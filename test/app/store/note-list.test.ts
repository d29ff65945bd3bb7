import { type CompiledQuery, sql } from 'kysely'
import { describe, expect, test, vi } from 'vitest'
import { indexAllCjk } from '../../../src/main/app/store/cjk-index.ts'
import { countNotes, listNotes, positionOf } from '../../../src/main/app/store/note-list.ts'
import { purgeRemoved, removeNote, restoreNote, saveNote } from '../../../src/main/app/store/notes-store.ts'
import type { TextPiece } from '../../../src/shared/notes/notes.ts'
import { addNote, openNotesDb, plansOf, textOf, titlesOf } from './notes-db.ts'

function matchesOf(pieces: readonly TextPiece[]): string[] {
  return pieces.filter((piece) => piece.match).map((piece) => piece.text)
}

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

  test('comes in pages, by offset or after a note', async () => {
    const db = await openNotesDb()
    // Some have the same date.
    const rows = Array.from({ length: 120 }, (_, index) => ({
      title: `Note ${index}`,
      body: '',
      updated_at: index >> 2,
      removed_at: index === 77 ? 1 : null,
    }))
    await db.insertInto('notes').values(rows).execute()
    const first = await listNotes(db, '', { offset: 0 })
    const second = await listNotes(db, '', { offset: 50, after: first.at(-1) })
    const third = await listNotes(db, '', { offset: 100 })
    const titles = [...first, ...second, ...third].map(({ title }) => textOf(title))
    const all = rows.filter(({ removed_at }) => removed_at === null).map(({ title }) => title)
    expect(titles).toEqual(all.toReversed())
    expect(await countNotes(db)).toBe(119)
    expect(await positionOf(db, first[7]?.id ?? 0)).toBe(7)
    expect(await positionOf(db, third.at(-1)?.id ?? 0)).toBe(118)
    expect(await listNotes(db, '', { offset: 119 })).toEqual([])
  })

  test('of a page is read from an index', async () => {
    const queries: CompiledQuery[] = []
    const db = await openNotesDb(({ query }) => void queries.push(query))
    queries.length = 0
    await listNotes(db, '', { offset: 1_000 })
    await listNotes(db, '', { offset: 50, after: { id: 1, updatedAt: 1 } })
    await countNotes(db)
    await positionOf(db, 1)
    expect(await plansOf(db, queries)).toEqual([
      ['SCAN notes USING INDEX notes_listed'],
      ['SEARCH notes USING INDEX notes_listed (updated_at<?)'],
      ['SCAN notes USING INDEX notes_listed'],
      expect.arrayContaining(['SEARCH notes USING INDEX notes_listed (updated_at>?)']),
    ])
  })

  test('shows the start of a body on one line', async () => {
    const db = await openNotesDb()
    await addNote(db, 'Long', `one\n\ttwo\n${'x'.repeat(10_000)}`)
    const notes = await listNotes(db, '', { offset: 0 })
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
    const notes = await listNotes(db, 'kern', { offset: 0 })
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
    await expect(listNotes(db, query, { offset: 0 })).resolves.toBeDefined()
    await expect(countNotes(db, query)).resolves.toBeDefined()
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
    expect(await listNotes(db, '!?', { offset: 0 })).toEqual([])
    expect(await countNotes(db, '!?')).toBe(0)
  })

  test('comes in pages, with the number of matches that are not removed', async () => {
    const db = await openNotesDb()
    for (const total of [120, 1_200]) {
      const rows = Array.from({ length: total }, () => ({ title: 'same', body: '', updated_at: 0 }))
      await db.deleteFrom('notes').execute()
      await db.insertInto('notes').values(rows).execute()
      const ids = (await db.selectFrom('notes').select('id').orderBy('id').execute()).map(({ id }) => id)
      await removeNote(db, ids[0] ?? 0)
      expect(await countNotes(db, 'same')).toBe(total - 1)
      const first = await listNotes(db, 'same', { offset: 0 })
      const second = await listNotes(db, 'same', { offset: 50, after: first.at(-1) })
      const last = await listNotes(db, 'same', { offset: total - 11 })
      const found = [...first, ...second, ...last].map(({ id }) => id)
      expect(new Set(found).size).toBe(110)
      if (total > 1_000)
        expect(found).toEqual([...ids.slice(-100).toReversed(), ...ids.slice(1, 11).toReversed()])
    }
  })

  test('of a page and its number are read from the full-text index, without sorting', async () => {
    const queries: CompiledQuery[] = []
    const db = await openNotesDb(({ query }) => void queries.push(query))
    for (const query of ['word', '日本']) {
      queries.length = 0
      await listNotes(db, query, { offset: 0 })
      await countNotes(db, query)
      const plans = await plansOf(db, queries)
      expect(plans).toHaveLength(4)
      for (const plan of plans.flat()) expect(plan).not.toMatch(/TEMP B-TREE|SCAN notes\b(?!_)/)
    }
  })
})

describe('a search for Chinese, Japanese or Korean', () => {
  test('finds any part of a text, and marks it', async () => {
    const db = await openNotesDb()
    await addNote(db, '東京都庁', '日本語の検索は、OS日本語版でも使えます。')
    await addNote(db, 'Seoul', '서울특별시는 대한민국의 수도이다')
    await addNote(db, 'Other', 'nothing of it')
    for (const query of ['京', '京都', '日本語の検索', '日本 都庁', 'OS日', 'os 日本', '使え'])
      expect(await titlesOf(db, query), query).toEqual(['東京都庁'])
    for (const query of ['특별', '특별시는', '국의', 'seo 수도'])
      expect(await titlesOf(db, query), query).toEqual(['Seoul'])
    for (const query of ['本日', '都東', '日本 特別']) expect(await titlesOf(db, query), query).toEqual([])
    const [note] = await listNotes(db, '京都 検索', { offset: 0 })
    expect(matchesOf(note?.title ?? [])).toEqual(['京都'])
    expect(matchesOf(note?.excerpt ?? [])).toEqual(['検索'])
    expect(textOf(note?.excerpt ?? [])).toContain('日本語の検索は、OS日本語版')
  })

  test('follows the notes as they change', async () => {
    const db = await openNotesDb()
    const id = await addNote(db, '東京')
    await saveNote(db, id, { title: '大阪', body: '' })
    expect(await titlesOf(db, '東京')).toEqual([])
    expect(await titlesOf(db, '大阪')).toEqual(['大阪'])
    await removeNote(db, id)
    expect(await titlesOf(db, '大阪')).toEqual([])
    await restoreNote(db, id)
    expect(await titlesOf(db, '大阪')).toEqual(['大阪'])
    await saveNote(db, id, { title: 'Osaka', body: '' })
    expect(await titlesOf(db, '大阪')).toEqual([])
    await removeNote(db, await addNote(db, '京都'))
    await purgeRemoved(db)
    expect(await db.selectFrom('notes_cjk').selectAll().execute()).toEqual([])
  })

  test('finds the notes from before there was an index for it', async () => {
    const db = await openNotesDb()
    const rows = Array.from({ length: 70 }, (_, index) => ({
      title: `Note ${index}`,
      body: index % 2 === 0 ? 'English' : '中文笔记',
      updated_at: index,
    }))
    await db.insertInto('notes').values(rows).execute()
    expect(await countNotes(db, '笔记')).toBe(0)
    await indexAllCjk(db)
    expect(await countNotes(db, '笔记')).toBe(35)
    expect(await db.selectFrom('notes_cjk').select('rowid').execute()).toHaveLength(35)
  })
})
