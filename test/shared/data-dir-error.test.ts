import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { DataDirError, InvalidOptionError } from '../../src/shared/data-dir-error.ts'

const built = pathToFileURL(resolve(import.meta.dirname, '../../dist/shared/data-dir-error.js')).href

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
  class InvalidOptionErrorOfSomebodyElse extends Error {}
  Object.defineProperty(InvalidOptionErrorOfSomebodyElse, 'name', { value: 'InvalidOptionError' })
  const other = new OtherError('It is another one.', { remedy: 'Look elsewhere.' })
  expect(other instanceof DataDirError).toBe(true)
  expect(other instanceof InvalidOptionError).toBe(false)
  expect(new InvalidOptionErrorOfSomebodyElse() instanceof InvalidOptionError).toBe(false)
  expect((undefined as unknown) instanceof DataDirError).toBe(false)
})
