import { readdirSync, readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { publicSymbols } from '../../scripts/docs/public-symbols.mjs'

const root = resolve(import.meta.dirname, '../..')

/** A block of TypeScript in a page or in a docstring. */
export interface Snippet {
  /** `FILE:LINE` of its first line. */
  readonly place: string
  /** Its lines stand where they stand in the file. */
  readonly code: string
}

const functionsOf = (entry: string) =>
  publicSymbols(resolve(root, entry))
    .filter(({ kind }) => kind === 'function')
    .map(({ name }) => name)

const main = functionsOf('src/main/api.ts')
const node = functionsOf('src/main/node.ts')
const testing = functionsOf('src/main/testing/api.ts')

/** What a snippet may use without a line that says where it comes from, so that it stays as short as in the README. */
export const declarations = `
import type { BrowserWindow } from 'electron'
import type { Compilable, Generated, Kysely } from 'kysely'
import type * as main from 'electron-datadir'
import type * as testing from 'electron-datadir/testing'

declare global {
  interface Schema { note: { id: Generated<number>; text: string } }
  interface NotesOperations { list(): string[]; save(text: string): void }
  const migrations: main.Migrations
  const dir: string
  const text: string
  const signal: AbortSignal
  const claim: main.DataDirClaim<Schema>
  const db: Kysely<Schema>
  const pool: main.Pool<Schema>
  const insert: Compilable<{ id: number }>
  const select: Compilable<{ text: string }>
  const window: BrowserWindow
  function openWindow(db?: Kysely<Schema>): void
  function backUp(dir: string): Promise<void>
  function listNotes(db: Kysely<Schema>): Promise<string[]>
  function saveNote(db: Kysely<Schema>, text: unknown): Promise<void>
  ${main.map((name) => `const ${name}: typeof main.${name}`).join('\n  ')}
  ${testing.map((name) => `const ${name}: typeof testing.${name}`).join('\n  ')}
}
`

const electronOnly = [...main.filter((name) => !node.includes(name)), 'operationsBridge']
const needsMore = new RegExp(`from '(electron|vitest)'|\\b(app|window)\\.|\\b(${electronOnly.join('|')})\\b`)

/** Whether plain Node can run it: it needs no Electron and no test runner around it. */
export function isForNode({ code }: Snippet): boolean {
  return !needsMore.test(code)
}

/** The snippets of the pages and of the docstrings. The reference page has those of the docstrings again. */
export function findSnippets(): Snippet[] {
  const pages = readdirSync(resolve(root, 'docs')).filter((file) => file.endsWith('.md') && file !== 'api.md')
  const sources = readdirSync(resolve(root, 'src'), { recursive: true, encoding: 'utf8' })
  return [
    ...snippetsIn('README.md', '```ts', ''),
    ...pages.flatMap((file) => snippetsIn(`docs/${file}`, '```ts', '')),
    ...sources
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => snippetsIn(relative(root, resolve(root, 'src', file)), '* ```ts', '* ')),
  ]
}

function snippetsIn(file: string, opening: string, margin: string): Snippet[] {
  const lines = readFileSync(resolve(root, file), 'utf8').split('\n')
  return lines.flatMap((line, index) => {
    if (line.trim() !== opening) return []
    const end = lines.findIndex((later, at) => at > index && later.trim() === `${margin}\`\`\``)
    const block = lines.slice(index + 1, end).map((text) => withoutMargin(text, margin))
    if (block[0]?.startsWith('// not run: ')) return []
    return [{ place: `${file}:${index + 2}`, code: '\n'.repeat(index + 1) + block.join('\n') }]
  })
}

function withoutMargin(line: string, margin: string): string {
  return margin === '' ? line : line.replace(/^\s*\* ?/, '')
}
