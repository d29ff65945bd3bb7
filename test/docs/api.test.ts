import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { apiPage } from '../../scripts/docs/api-page.mjs'
import { entryPoints } from '../../scripts/docs/entry-points.mjs'

const root = resolve(import.meta.dirname, '../..')
const entries = entryPoints()
const symbols = entries.flatMap((entry) => entry.symbols)

test('docs/api.md is the output of `npm run docs`', () => {
  expect(readFileSync(resolve(root, 'docs/api.md'), 'utf8')).toBe(apiPage(entries))
})

test('the entry points export something, and the parser finds their members', () => {
  expect(symbols.length).toBeGreaterThan(40)
  expect(symbols.find(({ name }) => name === 'ClaimDataDirOptions')?.members.length).toBeGreaterThan(4)
})

test('everything that is exported has one section', () => {
  const headings = [...apiPage(entries).matchAll(/^#### (\w+)$/gm)].map(([, name]) => name)
  const names = new Map(symbols.map((symbol) => [`${symbol.file} ${symbol.name}`, symbol.name]))
  expect(headings.toSorted()).toEqual([...names.values()].toSorted())
})

test('everything that is exported has a docstring', () => {
  expect(symbols.filter(({ doc }) => doc === '').map(({ name }) => name)).toEqual([])
})

test('every field and method that is exported has a docstring', () => {
  const bare = symbols.flatMap(({ name, members }) =>
    members
      // Stable codes speak for themselves, and docs/troubleshooting.md has a section for each.
      .filter((member) => member.doc === '' && member.name !== 'code')
      .map((member) => `${name}.${member.name}`),
  )
  expect([...new Set(bare)]).toEqual([])
})

test('a number that is exported has its unit in its docstring', () => {
  const units =
    /millisecond|second|\bms\b|byte|KiB|MiB|how many|number of|process id|PID|exit code|count|signal|from 0/i
  const bare = symbols.flatMap(({ name, members }) =>
    members
      .filter(({ signature, doc }) => /: number( \| undefined)?$/.test(signature) && !units.test(doc))
      .map((member) => `${name}.${member.name}`),
  )
  expect([...new Set(bare)]).toEqual([])
})

test('a function that throws errors of this package says which and when', () => {
  const functions = symbols.filter(({ kind }) => kind === 'function')
  const silent = functions.filter(
    ({ file, doc }) => /throw new \w+Error\(/.test(readFileSync(file, 'utf8')) && !/@throws/.test(doc),
  )
  expect(silent.map(({ name }) => name)).toEqual([])
})
