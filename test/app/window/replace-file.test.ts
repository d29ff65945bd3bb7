import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { replaceFile } from '../../../src/main/app/window/replace-file.ts'
import { temporaryFolder } from '../store/notes-db.ts'

test('a file is replaced as a whole', () => {
  const folder = temporaryFolder()
  const path = join(folder, 'file')
  replaceFile(path, 'old')
  replaceFile(path, 'new')
  expect(readFileSync(path, 'utf8')).toBe('new')
  expect(readdirSync(folder)).toEqual(['file'])
})

test('if the new text cannot be written, the file keeps the old one', () => {
  const path = join(temporaryFolder(), 'file')
  writeFileSync(path, 'old')
  mkdirSync(`${path}.new`)
  expect(() => replaceFile(path, 'new')).toThrow()
  expect(readFileSync(path, 'utf8')).toBe('old')
})
