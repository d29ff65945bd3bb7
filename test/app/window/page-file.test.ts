import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { pageFile } from '../../../src/main/app/window/page-file.ts'

const folder = resolve('/app/renderer')

test.each([
  ['index.html', 'text/html; charset=utf-8'],
  ['assets/index-a%20b.js', 'text/javascript; charset=utf-8'],
  ['assets/../assets/style.css?x#y', 'text/css; charset=utf-8'],
])('%s is a file of the page with its media type', (name, type) => {
  const path = join(folder, decodeURIComponent(new URL(name, 'app://notes/').pathname))
  expect(pageFile(folder, `app://notes/${name}`)).toEqual({ path, type })
})

test.each([
  '',
  'index.html%00.js%ZZ',
  'secret.db',
  '../main/index.mjs',
  '..%2fmain%2findex.js',
  '..%2frenderer-of-another-app%2findex.js',
  'assets%2f..%2f..%2fmain/index.js',
  '%2e%2e%2f%2e%2e%2fetc%2fstyle.css',
])('“%s” is no file of the page', (name) => {
  expect(pageFile(folder, `app://notes/${name}`)).toBeUndefined()
})

test('an absolute path in the address stays in the folder', () => {
  expect(pageFile(folder, 'app://notes/%2fetc%2fstyle.css')?.path).toBe(join(folder, 'etc/style.css'))
})
