import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

/** A test that a document names as its proof. */
export interface CitedTest {
  readonly file: string
  /** As it stands in the source, placeholders included. */
  readonly title: string
}

/** A section of a document, with the tests that it cites. */
export interface Section {
  readonly heading: string
  readonly text: string
  readonly cited: readonly CitedTest[]
}

/** @param level how many `#` begin the headings of the sections. */
export function sectionsOf(document: string, level: number): Section[] {
  return document
    .split(new RegExp(`^${'#'.repeat(level)} `, 'm'))
    .slice(1)
    .map((text) => ({ heading: text.split('\n', 1)[0] ?? '', text, cited: citedIn(text) }))
}

/** A test is cited as a list item: - `FILE`: TITLE. */
function citedIn(text: string): CitedTest[] {
  const items = text.matchAll(/^- `([^`]+)`: (.+)$/gm)
  return [...items].map(([, file = '', title = '']) => ({ file, title }))
}

/** Whether a test of that title is there and neither skipped nor a plan: `test(` or `test.each(…)(` opens it. */
export function isThere({ file, title }: CitedTest): boolean {
  const path = resolve(root, file)
  if (!existsSync(path)) return false
  const source = readFileSync(path, 'utf8')
  // The formatter moves a long title to a line of its own.
  const opened = source.replace(/\(\n\s*(?=['`])/g, '(').replace(/(?<=['`],)\n\s*/g, ' ')
  return ['test', ')'].some((before) =>
    [`'${title}'`, `\`${title}\``].some((quoted) => opened.includes(`${before}(${quoted}, `)),
  )
}
