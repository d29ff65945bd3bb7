import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const contract = readFileSync(resolve(root, 'docs/contract.md'), 'utf8')

interface CitedTest {
  readonly file: string
  /** As it stands in the source, placeholders included. */
  readonly title: string
}

const sections = contract
  .split(/^## /m)
  .slice(1)
  .map((text) => ({ heading: text.split('\n', 1)[0] ?? '', text, cited: citedIn(text) }))

/** A test is cited as a list item: - `FILE`: TITLE. */
function citedIn(text: string): CitedTest[] {
  const items = text.matchAll(/^- `([^`]+)`: (.+)$/gm)
  return [...items].map(([, file = '', title = '']) => ({ file, title }))
}

/** Whether a test of that title is there and neither skipped nor a plan: `test(` or `test.each(…)(` opens it. */
function isThere({ file, title }: CitedTest): boolean {
  const path = resolve(root, file)
  if (!existsSync(path)) return false
  const source = readFileSync(path, 'utf8')
  // The formatter moves a long title to a line of its own.
  const opened = source.replace(/\(\n\s*(?=['`])/g, '(').replace(/(?<=['`],)\n\s*/g, ' ')
  return ['test', ')'].some((before) =>
    [`'${title}'`, `\`${title}\``].some((quoted) => opened.includes(`${before}(${quoted}, `)),
  )
}

test('the contract has its nine rows, in order', () => {
  const numbers = sections.map(({ heading }) => /^\d+(?=\. )/.exec(heading)?.[0]).filter(Boolean)
  expect(numbers).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9'])
})

const byHeading = sections.map((section) => [section.heading, section] as const)

test.each(byHeading)('%s: its tests exist', (_heading, { text, cited }) => {
  // Every list item cites one, so a misspelt item cannot slip through.
  expect(text.match(/^[-*] /gm)).toHaveLength(cited.length)
  expect(cited.filter((citedTest) => !isThere(citedTest))).toEqual([])
})

test('what the contract links to is there', () => {
  const links = [...contract.matchAll(/\]\((?!https:)([^)]+)\)/g)].map(([, link = '']) => link)
  expect(links).not.toEqual([])
  expect(links.filter((link) => !existsSync(resolve(root, 'docs', link.split('#')[0] ?? '')))).toEqual([])
})
