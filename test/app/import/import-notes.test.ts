import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { importedNoteId, importFiles, importFolder } from '../../../src/main/app/import/import-notes.ts'
import {
  countNotes,
  listNotes,
  readNote,
  removeNote,
  saveNote,
} from '../../../src/main/app/store/notes-store.ts'
import type { ImportProgress } from '../../../src/shared/notes/notes.ts'
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
    canceled: false,
  })
  const id = await importedNoteId(db, realpathSync(join(folder, 'one.md')))
  expect(await readNote(db, id ?? 0)).toMatchObject({ title: 'One', body: 'first' })
})

test('files that are too large, binary or unreadable are skipped and counted', async () => {
  const db = await openNotesDb()
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'large.md'), 'x'.repeat(5 * 1024 * 1024 + 1))
  writeFileSync(join(folder, 'just-right.md'), 'x'.repeat(5 * 1024 * 1024))
  writeFileSync(join(folder, 'zero.txt'), 'text\0text')
  writeFileSync(join(folder, 'latin1.txt'), Buffer.from([0x63, 0x61, 0x66, 0xe9]))
  const paths = ['large.md', 'just-right.md', 'zero.txt', 'latin1.txt', 'missing.md']
  const result = await importFiles(
    db,
    paths.map((path) => join(folder, path)),
    options,
  )
  expect(result).toMatchObject({ added: 1, skipped: 4 })
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
  expect(await listNotes(db, 'final', 10)).toMatchObject({ total: 1 })
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

test('an import reports its progress and lets other work run in between', async () => {
  const db = await openNotesDb()
  const folder = temporaryFolder()
  for (let index = 0; index < 60; index += 1) writeFileSync(join(folder, `${index}.md`), `note ${index}`)
  const progress: ImportProgress[] = []
  const countsInBetween: number[] = []
  const result = await importFolder(db, folder, {
    signal: neverAborted,
    onProgress: (step) => {
      progress.push(step)
      setImmediate(async () => countsInBetween.push(await countNotes(db)))
    },
  })
  expect(result).toMatchObject({ added: 60 })
  expect(progress).toContainEqual({ done: 0, total: undefined })
  expect(progress.filter(({ total }) => total === 60).map(({ done }) => done)).toEqual([25, 50])
  expect(countsInBetween).toContain(25)
})

test('a canceled import stops after its current batch and keeps the imported notes', async () => {
  const db = await openNotesDb()
  const folder = temporaryFolder()
  for (let index = 0; index < 60; index += 1) writeFileSync(join(folder, `${index}.md`), `note ${index}`)
  const cancelling = new AbortController()
  const result = await importFolder(db, folder, {
    signal: cancelling.signal,
    onProgress: ({ done }) => done > 0 && cancelling.abort(),
  })
  expect(result).toMatchObject({ added: 25, canceled: true })
  expect(await countNotes(db)).toBe(25)
})

test('the import of a missing folder imports nothing', async () => {
  const db = await openNotesDb()
  const folder = join(temporaryFolder(), 'gone')
  expect(await importFolder(db, folder, options)).toMatchObject({ added: 0, canceled: false })
})
