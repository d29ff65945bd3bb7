import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const unwanted = /\b(anew|whoever|call(ed)? off|is to be had)\b/i

const filesIn = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(md|ts|mjs|css|html)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))

const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'].map((name) => join(root, name))
const folders = ['docs', 'src', 'test', 'e2e', 'scripts', 'chaos', 'crash', 'bench', 'wine', 'examples']
// The style guide names the words, and so does this file.
const files = [...pages, ...folders.flatMap(filesIn)].filter(
  (file) => !file.endsWith('style.md') && file !== import.meta.filename,
)

test('docs, sources and tests use the everyday word', () => {
  const found = files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        unwanted.test(line) ? [`${relative(root, file)}:${index + 1}: ${line.trim()}`] : [],
      ),
  )
  expect(found).toEqual([])
})
