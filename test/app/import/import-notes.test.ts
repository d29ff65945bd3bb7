import { chmodSync, mkdirSync, realpathSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { importedNoteId, importFiles, importFolder } from '../../../src/main/app/import/import-notes.ts'
import { countNotes } from '../../../src/main/app/store/note-list.ts'
import { readNote, removeNote, saveNote } from '../../../src/main/app/store/notes-store.ts'
import type { ImportProgress } from '../../../src/shared/notes/notes.ts'
import { skip } from '../../support/skip.ts'
import { openNotesDb, temporaryFolder } from '../store/notes-db.ts'

const neverAborted = new AbortController().signal
const options = { signal: neverAborted, onProgress: () => undefined }

test('a folder is imported with its subfolders', async () => {
  const db = await openNotesDb()
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'inner/.hidden'), { recursive: true })
  writeFileSync(join(folder, 'one.md'), '# One\n\nfirst')
  writeFileSync(join(folder, 'inner/two.TXT'), 'second')
  writeFileSync(join(folder, 'inner/.hidden/three.md'), 'third')
  writeFileSync(join(folder, 'picture.png'), 'not text')
  symlinkSync(folder, join(folder, 'inner/circle'))
  expect(await importFolder(db, folder, options)).toEqual({
    added: 2,
    updated: 0,
    unchanged: 0,
    skipped: 0,
    skippedFiles: [],
    canceled: false,
  })
  const id = await importedNoteId(db, realpathSync(join(folder, 'one.md')))
  expect(await readNote(db, id ?? 0)).toMatchObject({ title: 'One', body: 'first' })
})

test('files that are too large, binary or unreadable are skipped, with the reason', async () => {
  const db = await openNotesDb()
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'large.md'), 'x'.repeat(5_000_001))
  writeFileSync(join(folder, 'just-right.md'), 'x'.repeat(5_000_000))
  writeFileSync(join(folder, 'zero.txt'), 'text\0text')
  writeFileSync(join(folder, 'latin1.txt'), Buffer.from([0x63, 0x61, 0x66, 0xe9]))
  mkdirSync(join(folder, 'folder.md'))
  const paths = ['large.md', 'just-right.md', 'zero.txt', 'latin1.txt', 'missing.md', 'folder.md']
  const result = await importFiles(
    db,
    paths.map((path) => join(folder, path)),
    options,
  )
  expect(result).toMatchObject({ added: 1, skipped: 5 })
  expect(result.skippedFiles).toEqual([
    { path: join(folder, 'large.md'), reason: 'too-large' },
    { path: join(folder, 'zero.txt'), reason: 'not-text' },
    { path: join(folder, 'latin1.txt'), reason: 'not-text' },
    { path: join(folder, 'missing.md'), reason: 'missing' },
    { path: join(folder, 'folder.md'), reason: 'not-readable' },
  ])
})

test('a file and a folder without permission are skipped', async (ctx) => {
  if (process.getuid?.() === 0) skip(ctx, 'root may read every file')
  const db = await openNotesDb()
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'closed'), { mode: 0 })
  writeFileSync(join(folder, 'secret.md'), '')
  chmodSync(join(folder, 'secret.md'), 0)
  const { skippedFiles } = await importFolder(db, folder, options)
  const allReasons = skippedFiles.map(({ reason }) => reason)
  expect(allReasons).toEqual(['not-allowed', 'not-allowed'])
})

test('a long list of skipped files is cut, and their number is not', async () => {
  const db = await openNotesDb()
  const paths = Array.from({ length: 450 }, (_, index) => `/missing/${index}.md`)
  const result = await importFiles(db, paths, options)
  expect(result).toMatchObject({ added: 0, skipped: 450, skippedFiles: { length: 100 } })
})

test('a note has the date of its file, but none in the future', async () => {
  const db = await openNotesDb()
  const folder = temporaryFolder()
  const start = Date.now()
  for (const [name, seconds] of [
    ['old.md', 1_000_000_000],
    ['future.md', 9_000_000_000],
  ] as const) {
    writeFileSync(join(folder, name), name)
    utimesSync(join(folder, name), seconds, seconds)
  }
  await importFolder(db, folder, options)
  const old = await readNote(db, (await importedNoteId(db, join(folder, 'old.md'))) ?? 0)
  expect(old.updatedAt).toBe(1_000_000_000_000)
  const future = await readNote(db, (await importedNoteId(db, join(folder, 'future.md'))) ?? 0)
  expect(future.updatedAt).toBeGreaterThanOrEqual(start)
  expect(future.updatedAt).toBeLessThanOrEqual(Date.now())
})

test('one file that is given by two paths becomes one note', async () => {
  const db = await openNotesDb()
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'plan.md'), 'plan')
  symlinkSync(join(folder, 'plan.md'), join(folder, 'alias.md'))
  const paths = ['plan.md', 'alias.md'].map((name) => join(folder, name))
  expect(await importFiles(db, paths, options)).toMatchObject({ added: 1, unchanged: 1 })
  expect(await countNotes(db)).toBe(1)
})

test('a file imported again updates its note, even by another path', async () => {
  const db = await openNotesDb()
  const folder = temporaryFolder()
  const file = join(folder, 'plan.md')
  const alias = join(folder, 'alias.md')
  writeFileSync(file, 'draft')
  symlinkSync(file, alias)
  expect(await importFiles(db, [file], options)).toMatchObject({ added: 1 })
  expect(await importFiles(db, [alias], options)).toMatchObject({ unchanged: 1 })
  writeFileSync(file, 'final')
  expect(await importFiles(db, [file], options)).toMatchObject({ updated: 1 })
  expect(await countNotes(db, 'final')).toBe(1)
  expect(await countNotes(db)).toBe(1)
})

test('a note edited here keeps its text when its file did not change', async () => {
  const db = await openNotesDb()
  const file = join(temporaryFolder(), 'plan.md')
  writeFileSync(file, 'from the file')
  await importFiles(db, [file], options)
  const id = (await importedNoteId(db, file)) ?? 0
  await saveNote(db, id, { title: 'plan', body: 'edited here' })
  expect(await importFiles(db, [file], options)).toMatchObject({ unchanged: 1 })
  expect(await readNote(db, id)).toMatchObject({ body: 'edited here' })
})

test('a note edited here and in its file becomes two notes: no text overwrites another', async () => {
  const db = await openNotesDb()
  const file = join(temporaryFolder(), 'plan.md')
  writeFileSync(file, 'first')
  await importFiles(db, [file], options)
  const edited = (await importedNoteId(db, file)) ?? 0
  await saveNote(db, edited, { title: 'plan', body: 'edited here' })
  writeFileSync(file, 'edited there')
  expect(await importFiles(db, [file], options)).toMatchObject({ added: 1 })
  expect(await readNote(db, edited)).toMatchObject({ body: 'edited here', sourcePath: null })
  const imported = (await importedNoteId(db, file)) ?? 0
  expect(await readNote(db, imported)).toMatchObject({ body: 'edited there', sourcePath: file })
})

test('Japanese text is found after an import, and after the import of a new version', async () => {
  const db = await openNotesDb()
  const file = join(temporaryFolder(), 'plan.md')
  writeFileSync(file, '明日は京都です')
  await importFiles(db, [file], options)
  expect(await countNotes(db, '京都')).toBe(1)
  writeFileSync(file, '明日は大阪です')
  await importFiles(db, [file], options)
  expect([await countNotes(db, '京都'), await countNotes(db, '大阪')]).toEqual([0, 1])
})

test('a removed note comes back when its file is imported again', async () => {
  const db = await openNotesDb()
  const file = join(temporaryFolder(), 'plan.md')
  writeFileSync(file, 'text')
  await importFiles(db, [file], options)
  const id = (await importedNoteId(db, file)) ?? 0
  await removeNote(db, id)
  expect(await importFiles(db, [file], options)).toMatchObject({ added: 1 })
  expect(await readNote(db, id)).toMatchObject({ body: 'text' })
})

function folderOf(count: number): string {
  const folder = temporaryFolder()
  for (let index = 0; index < count; index += 1) writeFileSync(join(folder, `${index}.md`), `note ${index}`)
  return folder
}

test('an import reports its progress and lets other work run in between', async () => {
  const db = await openNotesDb()
  const progress: ImportProgress[] = []
  const countsInBetween: Promise<number>[] = []
  const result = await importFolder(db, folderOf(500), {
    signal: neverAborted,
    onProgress: (step) => {
      progress.push(step)
      countsInBetween.push(countNotes(db))
    },
  })
  expect(result).toMatchObject({ added: 500 })
  const { total, done } = progress[0] ?? {}
  expect({ total, done }).toEqual({ total: undefined, done: 0 })
  const steps = progress.filter((step) => step.total === 500).map((step) => step.done)
  expect(steps).toEqual(steps.toSorted((a, b) => a - b))
  expect(steps.length).toBeGreaterThan(2)
  expect(steps.at(-1)).toBe(500)
  expect(await Promise.all(countsInBetween)).toContain(steps[0])
})

test('a canceled import stops after its current batch and keeps the imported notes', async () => {
  const db = await openNotesDb()
  const canceling = new AbortController()
  const result = await importFolder(db, folderOf(500), {
    signal: canceling.signal,
    onProgress: ({ done }) => done > 0 && canceling.abort(),
  })
  expect(result.canceled).toBe(true)
  expect(result.added).toBeGreaterThan(0)
  expect(result.added).toBeLessThan(500)
  expect(await countNotes(db)).toBe(result.added)
})

test('the import of a missing folder imports nothing', async () => {
  const db = await openNotesDb()
  const folder = join(temporaryFolder(), 'gone')
  expect(await importFolder(db, folder, options)).toMatchObject({
    added: 0,
    skippedFiles: [{ path: folder, reason: 'missing' }],
    canceled: false,
  })
})
