import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { isThere, root, sectionsOf } from './cited-tests.ts'

const security = readFileSync(resolve(root, 'SECURITY.md'), 'utf8')

const rows = security.match(/^\| .*$/gm)?.slice(1) ?? []

/** The first cell of each row of the table. A row in bold is not defended, and so promises nothing. */
const promises = rows.map((row) => row.split(' | ', 1)[0]?.slice(2)).filter((cell) => !cell?.startsWith('**'))

const sections = sectionsOf(security, 3)

test('each promise of the table has a section with its tests, in the same order', () => {
  expect(promises).not.toEqual([])
  expect(sections.map(({ heading }) => heading)).toEqual(promises)
})

const byHeading = sections.map((section) => [section.heading, section] as const)

test.each(byHeading)('%s: its tests exist', (_heading, { text, cited }) => {
  expect(cited).not.toEqual([])
  // Every list item cites one, so a misspelt item cannot slip through.
  expect(text.match(/^[-*] /gm)).toHaveLength(cited.length)
  expect(cited.filter((citedTest) => !isThere(citedTest))).toEqual([])
})
