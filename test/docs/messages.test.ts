import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const page = readFileSync(resolve(root, 'docs/troubleshooting.md'), 'utf8')
const [section = ''] = /^## What can happen to the files$.*?(?=^## )/ms.exec(page) ?? []

/** All source files, with texts that are put together from several lines in one piece. */
const source = readdirSync(resolve(root, 'src/main'), { recursive: true, encoding: 'utf8' })
  .concat('../shared/system-failure.ts')
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join(root, 'src/main', file), 'utf8'))
  .join('\n')
  .replace(/['`] \+\n\s*['`]/g, '')
  .replaceAll('\\`', '`')

/** What the code fills in: a name, a path, a number, a unit, a code, one word of several. */
const filledIn = /Notes|\b[A-Z]{2,}\w*\b|\bN\b|\d[\d.]*|[GM]B|\b(?:root|it|removed|replaced|lock file)\b/

/** Where the code may put a message together. */
const joint = /[.,:;()`]/

/** The parts of a message that are in the code as they are. */
function partsOf(message: string): string[] {
  return message.split(new RegExp(`${filledIn.source}|${joint.source}`)).filter((part) => /\w{3}/.test(part))
}

const messages = [...section.matchAll(/“([^”]+)”/g)].map(([, message = '']) => message)

test('the messages that docs/troubleshooting.md shows are those of the code', () => {
  expect(messages.length).toBeGreaterThan(30)
  const unknown = messages.filter((message) => partsOf(message).some((part) => !source.includes(part.trim())))
  expect(unknown).toEqual([])
})
