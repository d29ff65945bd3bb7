import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { declarations, findSnippets, isForNode } from './snippets.ts'

const root = resolve(import.meta.dirname, '../..')
const run = promisify(execFile)
const snippets = findSnippets()

// A project as a user has it: the built package among its dependencies.
const project = mkdtempSync(join(tmpdir(), 'datadir-snippets-'))
let compilerSays: string

const nameOf = (place: string) => place.replaceAll('/', '__').replace(':', '__line__')
/** What a compiler or a stack says, with the lines of the docs: a snippet stands in its file where it stands there. */
const placesIn = (text: string) =>
  text.replace(
    /[^\s(]*?([^\s(/\\]+)__line__\d+\.ts(?:\((\d+),\d+\)|:(\d+):\d+)/g,
    (_all, file, compiled, ran) => `${file.replaceAll('__', '/')}:${compiled ?? ran}`,
  )

beforeAll(async () => {
  mkdirSync(join(project, 'node_modules'))
  symlinkSync(root, join(project, 'node_modules/electron-datadir'), 'junction')
  for (const name of ['@types', 'drizzle-orm', 'electron', 'knex', 'kysely', 'vitest']) {
    symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name), 'junction')
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }))
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(compilerSettings))
  writeFileSync(join(project, 'declarations.d.ts'), declarations)
  for (const { place, code } of snippets) {
    writeFileSync(join(project, `${nameOf(place)}.ts`), `${code}\nexport {}\n`)
  }
  compilerSays = await typeCheck()
}, 120_000)

afterAll(() => rmSync(project, { recursive: true, force: true }))

const compilerSettings = {
  compilerOptions: {
    target: 'ES2023',
    lib: ['ES2023', 'ESNext.Disposable'],
    module: 'NodeNext',
    types: ['node'],
    strict: true,
    skipLibCheck: true,
    inlineSourceMap: true,
    outDir: 'out',
    rootDir: '.',
  },
  include: ['*.ts'],
}

async function typeCheck(): Promise<string> {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  try {
    await run(process.execPath, [compiler, '-p', project, '--pretty', 'false'], { cwd: project })
    return ''
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout) || String(error)
  }
}

test('there are snippets, in the pages and in the docstrings', () => {
  const places = snippets.map(({ place }) => place)
  expect(places.filter((place) => /^(README|docs\/)/.test(place)).length).toBeGreaterThan(5)
  expect(places.filter((place) => place.startsWith('src/')).length).toBeGreaterThan(5)
})

test('every snippet passes the type check', () => {
  expect(placesIn(compilerSays)).toBe('')
})

const runnable = snippets.filter(isForNode).map(({ place }) => place)

test.each(runnable)('%s runs', { timeout: 60_000 }, async (place) => {
  const runner = join(root, 'test/package/run-snippet.mjs')
  const script = join(project, 'out', `${nameOf(place)}.js`)
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1', SNIPPET_DIR: temporaryDirectory() }
  try {
    await run(process.execPath, ['--enable-source-maps', runner, script], { env, timeout: 50_000 })
  } catch (error) {
    const { stderr, message } = error as Error & { readonly stderr: string }
    throw new Error(placesIn(stderr || message))
  }
})
