import { lstatSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { HandoffError } from '../messages/errors.ts'
import { longestSocketPath } from './endpoint.ts'
import { isPrivateFolder } from './private-folder.ts'
import { isListenerOurs } from './unix-listener.ts'

/**
 * Whether a named pipe is of this computer and has nothing else in its path. Node cannot find out who has created it.
 *
 * @param path a pipe of another computer is `\\HOST\pipe\NAME`.
 */
export function isLocalPipe(path: string): boolean {
  return /^\\\\\.\\pipe\\[\w-]+$/.test(path)
}

/**
 * Checks an endpoint before anything is sent to it. If others can write in the directory, any of them may have written the
 * record that names the endpoint.
 *
 * Only this user and root can put a socket into a private folder. So the socket that is connected to afterwards is the one
 * that was checked, and it need not be checked again. Node does not say who is at the other end.
 *
 * @param pid the process that should listen there.
 * @returns the path to connect to, without symbolic links.
 * @throws {HandoffError} `not-trusted` if the socket is not this user's, or others can write to its folder or to one of its
 * parents, or it may not be looked at, or a process of another user listens there.
 * @throws the system's error `ENOENT` if it is missing.
 */
export function trustedPath(endpoint: string, pid?: number): string {
  if (process.platform === 'win32') {
    if (isLocalPipe(endpoint)) return endpoint
    throw new HandoffError('not-trusted')
  }
  try {
    const folder = realpathSync.native(dirname(endpoint))
    const path = join(folder, basename(endpoint))
    // Node would cut a longer path off, and connect to another one.
    const fits = Buffer.byteLength(path) <= longestSocketPath
    if (fits && isPrivateFolder(folder) && isOwnSocket(path) && isListenerOurs(path, pid)) return path
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error
    throw new HandoffError('not-trusted', error)
  }
  throw new HandoffError('not-trusted')
}

function isOwnSocket(path: string): boolean {
  const stats = lstatSync(path)
  return stats.isSocket() && stats.uid === process.geteuid?.()
}
