import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { publicSymbols } from '../../scripts/docs/public-symbols.mjs'

const root = resolve(import.meta.dirname, '../..')
const main = publicSymbols(resolve(root, 'src/main/api.ts'))
const node = publicSymbols(resolve(root, 'src/main/node.ts'))

/** What comes from src/main/electron/, and the types that only `serveOperations` there needs. */
const needsElectron = ({ file }: { readonly file: string }) =>
  file.startsWith(resolve(root, 'src/main/electron')) || file === resolve(root, 'src/shared/operations.ts')

test('electron-datadir/node exports everything of the main entry point that needs no Electron', () => {
  const expected = main.filter((symbol) => !needsElectron(symbol)).map(({ name }) => name)
  expect(node.map(({ name }) => name)).toEqual(expected)
})

test('an export of both entry points is the same symbol', () => {
  const fileOf = new Map(main.map(({ name, file }) => [name, file]))
  expect(node.filter(({ name, file }) => fileOf.get(name) !== file)).toEqual([])
})

test('the main entry point has exports that need Electron', () => {
  const names = main.filter(needsElectron).map(({ name }) => name)
  expect(names).toContain('claimDataDir')
  expect(names).toContain('Remote')
})
