import { threadFile } from '../../runtime/thread-file.ts'

/** The code of a database thread. */
export function sqliteThreadFile(): URL {
  return threadFile(new URL('./sqlite-thread.js', import.meta.url))
}
