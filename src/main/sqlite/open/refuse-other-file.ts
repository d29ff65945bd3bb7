import { statSync } from 'node:fs'
import { DatabaseReplacedError } from '../errors/open-errors.ts'
import { fileIdOf } from '../files/file-id.ts'

/**
 * Refuses a connection to another file than the one that this process already has open under the path. To be called when
 * the connection is open and has read nothing.
 *
 * With the first read, SQLite would take itself for the first one in this process that uses `-shm`, and would begin it
 * again. The connections to the old file share that memory: commits are lost in it, or the process ends with SIGBUS.
 *
 * @param fileId the file that is open; undefined if none is.
 * @throws {DatabaseReplacedError}
 */
export function refuseOtherFile(path: string, fileId: string | undefined): void {
  if (fileId === undefined) return
  const present = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (present && fileIdOf(present) === fileId) return
  throw new DatabaseReplacedError(path, present ? 'replaced' : 'removed', Promise.resolve(undefined))
}
