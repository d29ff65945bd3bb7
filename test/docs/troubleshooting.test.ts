import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const page = readFileSync(resolve(root, 'docs/troubleshooting.md'), 'utf8')
const headings = [...page.matchAll(/^## (ERR_DATADIR_\w+)$/gm)].map(([, code = '']) => code)
const codes = [...sourceFiles('src'), resolve(root, 'scripts/package/refuse-bundle.mjs')].flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/\bcode(?: =|:) '(ERR_DATADIR_\w+)'/g)].map(
    ([, code = '']) => code,
  ),
)

function sourceFiles(folder: string): string[] {
  return readdirSync(resolve(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(root, folder, file))
}

test('every error code has exactly one section in docs/troubleshooting.md, and every section has a code', () => {
  expect(codes.length).toBeGreaterThan(10)
  expect([...headings].sort()).toEqual([...new Set(codes)].sort())
})
