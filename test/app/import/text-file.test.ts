import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isTextFileName, noteTextOf, textFilesOf } from '../../../src/main/app/import/text-file.ts'
import { plainText } from '../../../src/main/app/store/plain-text.ts'
import { temporaryFolder } from '../store/notes-db.ts'

test.each([
  ['# Title\n\nText', { title: 'Title', body: 'Text' }],
  ['\uFEFF# Title\r\nText\r\nmore', { title: 'Title', body: 'Text\nmore' }],
  ['\n# Title #\nText', { title: 'Title', body: 'Text' }],
  ['# `code` and [a link](https://example.org) ![x](y.svg)\n', { title: 'code and a link', body: '' }],
  ['# name [![build][img]][url] [![x](y)](z)\n', { title: 'name', body: '' }],
  ['Title\n=====\n\nText', { title: 'Title', body: 'Text' }],
  ['# List of * and [more]', { title: 'List of and [more]', body: '' }],
  ['## Not the title\nText', { title: 'file', body: '## Not the title\nText' }],
  ['#hashtag\nText', { title: 'file', body: '#hashtag\nText' }],
  ['# ![logo](logo.svg)\nText', { title: 'file', body: '# ![logo](logo.svg)\nText' }],
  [`# ${'x'.repeat(1001)}`, { title: 'file', body: `# ${'x'.repeat(1001)}` }],
  ['Text\n# Later', { title: 'file', body: 'Text\n# Later' }],
  ['', { title: 'file', body: '' }],
])('%j is read as a title and a body', (content, expected) => {
  expect(noteTextOf(content, '/folder/file.md')).toEqual(expected)
})

test('text files are recognized by their names', () => {
  expect(['a.md', 'A.MD', 'a.markdown', 'a.txt', 'a.text'].every(isTextFileName)).toBe(true)
  expect(['md', '.md', 'a.md.png', 'electron', 'index.js'].some(isTextFileName)).toBe(false)
})

test('a heading is what the grammar says it is', () => {
  // Correct, but it needs minutes for a long line of spaces or number signs.
  const heading = /^\s*(?:#[ \t]+(.+?)[ \t]*#*[ \t]*|(\S.*)\n=+[ \t]*)(?:\n+|$)/
  const part = fc.constantFrom('#', '# ', ' ', '\t', '\n', '=', '===', 'a', 'B', '\u2028', '\u00a0')
  const text = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, (content) => {
      const match = heading.exec(content)
      const title = plainText(match?.[1] ?? match?.[2] ?? '')
      const expected =
        match && title !== ''
          ? { title, body: content.slice(match[0].length) }
          : { title: 'file', body: content }
      expect(noteTextOf(content, 'file.md')).toEqual(expected)
    }),
    { numRuns: 5_000 },
  )
})

test.each([
  ['spaces', `# a${' '.repeat(100_000)}b`, 'a b'],
  ['number signs', `# a${'#'.repeat(100_000)}b`, 'file'],
  ['number signs at the end', `# a ${'#'.repeat(100_000)}`, 'a'],
  ['spaces before the title', `#${' '.repeat(100_000)}`, 'file'],
  ['equals signs', `a\n${'='.repeat(100_000)}${' '.repeat(100_000)}b`, 'file'],
  ['blank lines', `${' \n'.repeat(100_000)}# a`, 'a'],
  ['brackets', `# ${'['.repeat(100_000)}`, 'file'],
  ['parentheses', `# ${'[]('.repeat(100_000)}`, 'file'],
])('a file with 100,000 %s is read in no time', (_what, content, title) => {
  expect(noteTextOf(content, 'file.md').title).toBe(title)
})

test('what is dropped and cannot be read is reported, not left out', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'a.md'), '')
  writeFileSync(join(folder, 'picture.png'), '')
  const missing = join(folder, 'missing')
  expect(await textFilesOf([folder, missing, join(folder, 'picture.png')])).toEqual([
    join(folder, 'a.md'),
    { path: missing, reason: 'missing' },
  ])
})
