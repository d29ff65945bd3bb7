import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const src = resolve(import.meta.dirname, '../src')

/** What each folder of src may import, types included; "sqlite/" is every folder in it. From the lowest to the highest. */
const allowed: Record<string, string> = {
  shared: '',
  'shared/notes': 'shared',
  preload: 'shared shared/notes',
  renderer: 'shared shared/notes',
  'main/runtime': 'shared',
  'main/directory': 'shared',
  'main/platform': 'main/runtime',
  'main/owner': 'shared main/directory main/platform',
  'main/lock': 'shared main/runtime main/directory main/platform main/owner',
  'main/handoff/messages': 'shared main/runtime',
  'main/handoff/endpoint': 'shared main/runtime main/owner main/handoff/messages',
  'main/handoff/owner': 'shared main/runtime main/handoff/messages main/handoff/endpoint',
  'main/handoff': 'main/handoff/messages main/handoff/endpoint',
  'main/sqlite/files': 'shared main/runtime',
  'main/sqlite/errors': 'shared main/runtime main/directory main/owner main/sqlite/files',
  'main/sqlite/wire': 'shared main/runtime main/sqlite/errors',
  'main/sqlite/open': 'shared main/runtime main/directory main/sqlite/files main/sqlite/errors',
  'main/sqlite/damage': 'shared main/sqlite/errors main/sqlite/open',
  'main/sqlite/backup':
    'shared main/runtime main/directory main/sqlite/files main/sqlite/errors main/sqlite/open main/sqlite/damage',
  'main/sqlite/repair':
    'shared main/runtime main/directory main/sqlite/files main/sqlite/errors main/sqlite/open main/sqlite/damage main/sqlite/backup',
  'main/sqlite/housekeeping':
    'shared main/directory main/sqlite/files main/sqlite/errors main/sqlite/wire main/sqlite/open main/sqlite/backup',
  'main/sqlite/thread':
    'main/runtime main/sqlite/files main/sqlite/errors main/sqlite/wire main/sqlite/open main/sqlite/damage main/sqlite/backup main/sqlite/repair main/sqlite/housekeeping',
  'main/sqlite/links':
    'shared main/sqlite/errors main/sqlite/wire main/sqlite/open main/sqlite/repair main/sqlite/housekeeping main/sqlite/thread',
  'main/sqlite/scheduling':
    'shared main/runtime main/sqlite/files main/sqlite/errors main/sqlite/wire main/sqlite/open main/sqlite/backup main/sqlite/repair main/sqlite/housekeeping main/sqlite/links',
  'main/sqlite/kysely': 'shared main/sqlite/errors main/sqlite/wire main/sqlite/links main/sqlite/scheduling',
  'main/sqlite/adapters':
    'shared main/sqlite/errors main/sqlite/wire main/sqlite/links main/sqlite/scheduling main/sqlite/kysely',
  'main/sqlite/migrations':
    'shared main/sqlite/files main/sqlite/errors main/sqlite/damage main/sqlite/backup',
  'main/sqlite': 'shared main/runtime main/directory main/lock main/sqlite/',
  'main/claim':
    'shared main/runtime main/directory main/lock main/handoff/ main/sqlite main/sqlite/errors main/sqlite/scheduling',
  'main/electron/windows': 'main/handoff/messages',
  'main/electron/launches': 'main/runtime main/handoff/ main/electron/windows',
  'main/electron/words': 'shared',
  'main/electron/dialogs':
    'shared main/sqlite main/sqlite/files main/sqlite/errors main/sqlite/migrations main/electron/windows main/electron/words',
  'main/electron/held':
    'shared main/runtime main/platform main/owner main/lock main/handoff main/handoff/messages main/handoff/endpoint main/claim main/electron/dialogs main/electron/words',
  'main/electron':
    'shared main/directory main/lock main/sqlite main/sqlite/errors main/sqlite/kysely main/sqlite/migrations main/claim main/electron/',
  'main/cli':
    'shared main/runtime main/directory main/platform main/owner main/lock main/handoff main/handoff/messages main/sqlite/backup',
  'main/testing': 'shared main/runtime main/directory main/owner main/lock',
  'main/node.ts':
    'shared main/runtime main/directory main/owner main/lock main/handoff/ main/sqlite main/sqlite/ main/claim',
  'main/api.ts': 'shared main/node.ts main/electron main/electron/',
  'main/app/store': 'shared/notes',
  'main/app/window': 'shared/notes main/api.ts',
  'main/app/import': 'shared/notes main/app/store main/app/window',
  'main/app': 'shared/notes main/api.ts main/app/',
  'main/index.ts': 'main/api.ts main/app main/app/',
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
const layerOf = (file: string) => (dirname(file) === 'main' ? file : dirname(file))
const importsOf = (file: string) =>
  [
    ...readFileSync(join(src, file), 'utf8').matchAll(/(?:\bfrom |\bimport\(|^import |new URL\()'([^']+)'/gm),
  ].map(([, specifier = '']) => specifier)

test('imports go downward, types included', () => {
  const order = Object.keys(allowed)
  for (const [layer, folders] of Object.entries(allowed))
    for (const folder of folders.split(' ').filter(Boolean))
      expect(
        order.findIndex((other) => other.startsWith(folder)),
        `${layer}: ${folder}`,
      ).toBeLessThan(order.indexOf(layer))
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((specifier) => /^\..*\.[jt]s$/.test(specifier))
      .map((specifier) => layerOf(relative(src, resolve(src, dirname(file), specifier))))
      .filter((layer) => layer !== layerOf(file) && !mayImport(layerOf(file), layer))
      .map((layer) => `${file} imports ${layer}`),
  )
  expect(wrong).toEqual([])
})

const isIn = (layer: string, folder: string) => folder.endsWith('/') && layer.startsWith(folder)

function mayImport(from: string, layer: string): boolean {
  const folders = (allowed[from] ?? '').split(' ')
  return folders.some((folder) => folder === layer || isIn(layer, folder))
}

test('only the folders for it import Electron, and shared code imports nothing but itself', () => {
  const isForElectron = /^main\/(electron|app)\/|^main\/index\.ts$|^preload\//
  const electron = files.filter((file) => importsOf(file).includes('electron') && !isForElectron.test(file))
  const packages = files.filter(
    (file) => file.startsWith('shared/') && importsOf(file).some((specifier) => !specifier.startsWith('.')),
  )
  expect({ electron, packages }).toEqual({ electron: [], packages: [] })
})

test('docs/architecture.md has the question of each folder', () => {
  const page = readFileSync(resolve(src, '../docs/architecture.md'), 'utf8')
  const [, table = ''] = page.split('| folder of src | the question it answers |')
  const [rows = ''] = table.split('\n\n')
  const listed = [...rows.matchAll(/^\| (.+?) \|/gm)].flatMap(([, names = '']) => namesIn(names))
  const layers = Object.keys(allowed).filter((layer) => !layer.endsWith('.ts'))
  expect(listed.toSorted()).toEqual(layers.toSorted())
})

/** "`main/app` with `store`": the names after "with" are folders in the first one. */
function namesIn(cell: string): string[] {
  const [folder = '', ...others] = [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
  return [folder, ...others.map((name) => (cell.includes('with') ? `${folder}/${name}` : name))]
}

test('a folder of main has at most 16 files, and a file at most 350 lines', () => {
  const folders = new Set(files.map((file) => dirname(file)).filter((folder) => folder.startsWith('main')))
  const countOf = (folder: string) => files.filter((file) => dirname(file) === folder).length
  expect([...folders].filter((folder) => countOf(folder) > 16)).toEqual([])
  const lines = (file: string) => readFileSync(join(src, file), 'utf8').split('\n').length - 1
  expect(files.filter((file) => lines(file) > 350)).toEqual([])
})
