import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { launchOf } from '../../src/main/electron/launch.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

test('files and URLs are told apart among the arguments, and switches are neither', () => {
  const dir = temporaryDirectory()
  const path = join(dir, 'a b.md')
  writeFileSync(path, '')
  const argv = ['a b.md', 'notes://open/7', 'mailto:ada@example.org', 'missing.md', '--url=x:y', 'C:\\x.md']
  expect(launchOf(['notes', ...argv], dir, false)).toMatchObject({
    argv,
    cwd: dir,
    files: [path],
    urls: ['notes://open/7', 'mailto:ada@example.org'],
  })
})

test('a file that the desktop passes as a URL is a file', () => {
  const path = join(temporaryDirectory(), 'a b.md')
  writeFileSync(path, '')
  const { href } = pathToFileURL(path)
  expect(launchOf(['notes', href, `${href}.missing`], '/', false)).toMatchObject({
    files: [path],
    urls: [`${href}.missing`],
  })
  expect(launchOf(['notes', 'file://elsewhere/x.md'], '/', false)).toMatchObject({ files: [] })
})

test.each([
  ['longer than any file name', `mailto:ada@example.org?body=${'x'.repeat(300)}`],
  ['below a file', join(import.meta.filename, 'x')],
])('an argument that is %s is no file, and stops nothing', (_what, argument) => {
  expect(launchOf(['notes', argument], '/', false)).toMatchObject({ argv: [argument], files: [] })
})

test('each launch has an id of its own', () => {
  expect(launchOf().id).not.toBe(launchOf().id)
})
