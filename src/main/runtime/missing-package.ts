import { PackageMissingError } from './errors.ts'

/**
 * Handles the error of an `import()` of code that needs Kysely.
 *
 * @throws {PackageMissingError} if Kysely is not installed, otherwise the same error.
 */
export function throwMissingKysely(error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ERR_MODULE_NOT_FOUND' && message.includes("'kysely'"))
    throw new PackageMissingError('kysely', error)
  throw error
}
