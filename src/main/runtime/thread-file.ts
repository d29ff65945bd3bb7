import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ThreadFileMissingError } from './thread-errors.ts'

/**
 * Checks that the code of a worker thread is where its starter expects it: beside itself, both in this package's
 * own build and in a bundle that has the thread as a further entry of the same name.
 *
 * @param beside for instance `new URL('./sqlite-thread.js', import.meta.url)`.
 * @throws {ThreadFileMissingError} when a bundler has left it out.
 */
export function threadFile(beside: URL): URL {
  if (existsSync(beside)) return beside
  throw new ThreadFileMissingError(fileURLToPath(beside))
}
