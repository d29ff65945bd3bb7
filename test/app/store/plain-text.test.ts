import { expect, test } from 'vitest'
import { plainText } from '../../../src/main/app/store/plain-text.ts'

test.each([
  ['two\n\n  lines', 'two lines'],
  ['**bold** and `code`', 'bold and code'],
  ['[![badge](https://b)](https://c) Text', 'Text'],
  ['see [the manual](https://example.org) and [this][1]', 'see the manual and this'],
  ['see [x](https://example.org/?a[]=1) end', 'see x end'],
  ['<p align="center">\n  <b>Hello</b>\n</p>', 'Hello'],
  ['## Usage\n\n- one\n- two\n---\n```js\nlet snake_case = 1\n```', 'Usage one two let snake_case = 1'],
  ['a < b > c', 'a < b > c'],
  ['text [one][1]\n\n[1]: https://example.org', 'text one'],
  ['', ''],
])('%j reads %j', (markdown, expected) => {
  expect(plainText(markdown)).toBe(expected)
})
