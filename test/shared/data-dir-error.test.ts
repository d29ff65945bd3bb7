import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'
import { LockLostError } from '../../src/main/lock/errors.ts'
import { StreamingError } from '../../src/main/sqlite/errors/query-errors.ts'
import { DataDirError, InvalidOptionError } from '../../src/shared/data-dir-error.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const root = resolve(import.meta.dirname, '../..')
const built = pathToFileURL(join(root, 'dist/shared/data-dir-error.js')).href

test('an error of another copy of the package is known by its class', async () => {
  const other: typeof import('../../src/shared/data-dir-error.ts') = await import(built)
  expect(other.InvalidOptionError).not.toBe(InvalidOptionError)
  const error = new other.InvalidOptionError('dir', 'The data directory has no path.', 'Give it one.')
  expect(error instanceof InvalidOptionError).toBe(true)
  expect(error instanceof DataDirError).toBe(true)
  expect(error instanceof Error).toBe(true)
})

test('what is not of its class is not an instance of it', () => {
  class OtherError extends DataDirError {
    readonly code = 'ERR_DATADIR_OTHER'
  }
  class SpecialOptionError extends InvalidOptionError {}
  class InvalidOptionErrorOfSomebodyElse extends Error {
    readonly code = InvalidOptionError.code
  }
  const other = new OtherError('It is another one.', { remedy: 'Look elsewhere.' })
  expect(other instanceof OtherError).toBe(true)
  expect(other instanceof DataDirError).toBe(true)
  expect(other instanceof InvalidOptionError).toBe(false)
  const special = new SpecialOptionError('dir', 'It is special.', 'Give it another.')
  expect(special instanceof SpecialOptionError).toBe(true)
  expect(special instanceof InvalidOptionError).toBe(true)
  const general = new InvalidOptionError('dir', 'It is not.', 'Give it another.')
  expect(general instanceof SpecialOptionError).toBe(false)
  expect(new InvalidOptionErrorOfSomebodyElse() instanceof InvalidOptionError).toBe(false)
  expect((undefined as unknown) instanceof DataDirError).toBe(false)
})

/** Bundles one module as the bundler of an app does, and shortens all names. */
async function minified(source: string): Promise<Record<string, typeof Error>> {
  const build = await rolldown({
    input: join(root, source),
    platform: 'node',
    external: [/^[^./]/],
    logLevel: 'silent',
  })
  const file = join(temporaryDirectory(), 'bundle.mjs')
  await build.write({ file, minify: { compress: true, mangle: { toplevel: true, keepNames: false } } })
  await build.close()
  return import(pathToFileURL(file).href)
}

test('errors of two minified copies are distinguished, although their classes have the same short names', async () => {
  const locks = await minified('src/main/lock/errors.ts')
  const queries = await minified('src/main/sqlite/errors/query-errors.ts')
  const all = [locks, queries].flatMap((copy) => Object.values(copy).filter(isErrorClass))
  const names = all.map(({ name }) => name)
  expect(new Set(names).size).toBeLessThan(names.length)
  const errors = [
    new (locks.LockLostError as unknown as typeof LockLostError)('/data/app.lock', 'removed'),
    new (queries.StreamingError as unknown as typeof StreamingError)('insert into notes'),
  ]
  for (const error of errors) {
    expect(error instanceof DataDirError).toBe(true)
    const known = all.filter((type) => error instanceof type).map((type) => Reflect.get(type, 'code'))
    expect(known).toEqual([error.code])
  }
  expect(errors[0] instanceof LockLostError).toBe(true)
  expect(errors[1] instanceof StreamingError).toBe(true)
})

function isErrorClass(value: unknown): value is typeof Error {
  return typeof value === 'function' && value.prototype instanceof Error
}

test('every class of error has a code of its own, by which other copies know it', async () => {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(root, 'src', file))
  const codes: unknown[] = []
  for (const file of files) {
    const text = readFileSync(file, 'utf8')
    for (const [, name = ''] of text.matchAll(/^export class (\w+) extends DataDirError\b/gm)) {
      const type = Reflect.get(await import(pathToFileURL(file).href), name)
      expect(Object.getOwnPropertyDescriptor(type, 'code')?.value, name).toMatch(/^ERR_DATADIR_/)
      expect(text, name).toContain(`\n  readonly code = ${name}.code\n`)
      codes.push(type.code)
    }
  }
  expect(codes.length).toBeGreaterThan(30)
  expect(new Set(codes).size).toBe(codes.length)
})
