import { expect, test } from 'vitest'
import { isTextFileName, noteTextOf } from '../../../src/main/app/import/text-file.ts'

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
