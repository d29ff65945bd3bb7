import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { isThere, root, sectionsOf } from './cited-tests.ts'

const contract = readFileSync(resolve(root, 'docs/contract.md'), 'utf8')

const sections = sectionsOf(contract, 2)

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

test('every link of the contract has a target', () => {
  const links = [...contract.matchAll(/\]\((?!https:)([^)]+)\)/g)].map(([, link = '']) => link)
  expect(links).not.toEqual([])
  expect(links.filter((link) => !existsSync(resolve(root, 'docs', link.split('#')[0] ?? '')))).toEqual([])
})
