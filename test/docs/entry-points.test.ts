import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { publicSymbols } from '../../scripts/docs/public-symbols.mjs'

const root = resolve(import.meta.dirname, '../..')
const main = publicSymbols(resolve(root, 'src/main/api.ts'))
const node = publicSymbols(resolve(root, 'src/main/node.ts'))

/** What comes from src/main/electron/, and the types that only `serveOperations` there needs. */
const needsElectron = ({ file }: { readonly file: string }) =>
  file.startsWith(resolve(root, 'src/main/electron')) || file === resolve(root, 'src/shared/operations.ts')

test('plain Node gets all that Electron gets and that needs no Electron, and nothing else', () => {
  const expected = main.filter((symbol) => !needsElectron(symbol)).map(({ name }) => name)
  expect(node.map(({ name }) => name)).toEqual(expected)
})

test('what both entry points export is the same thing', () => {
  const fileOf = new Map(main.map(({ name, file }) => [name, file]))
  expect(node.filter(({ name, file }) => fileOf.get(name) !== file)).toEqual([])
})

test('what needs Electron is there to be left out', () => {
  const names = main.filter(needsElectron).map(({ name }) => name)
  expect(names).toContain('claimDataDir')
  expect(names).toContain('Remote')
})
