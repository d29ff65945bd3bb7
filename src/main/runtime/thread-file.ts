import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ThreadFileMissingError } from './errors.ts'

/**
 * Checks that the code of a worker thread is next to the code that starts it. This is so in this package's own build, and
 * in a bundle that has the thread as a further entry of the same name.
 *
 * @param url for example `new URL('./sqlite-thread.js', import.meta.url)`.
 * @returns the same URL.
 * @throws {ThreadFileMissingError} if a bundler has left the code out.
 */
export function threadFile(url: URL): URL {
  if (existsSync(url)) return url
  throw new ThreadFileMissingError(fileURLToPath(url))
}
