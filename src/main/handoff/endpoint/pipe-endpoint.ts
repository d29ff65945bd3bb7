import { randomHex } from '../../runtime/random-hex.ts'
import type { Endpoint } from './endpoint.ts'

/**
 * A named pipe, for Windows. Its name is random and stands in the owner record alone, since anybody may create a pipe
 * of a name that can be guessed. It goes with the last handle, so nothing is ever left to remove.
 *
 * Node creates it with the default security descriptor: full control for its creator, administrators and the system;
 * everybody else may at most read (learn.microsoft.com/windows/win32/ipc/named-pipe-security-and-access-rights).
 */
export function createPipeEndpoint(): Endpoint {
  return {
    path: `\\\\.\\pipe\\electron-datadir-${randomHex(16)}`,
    removeSocket: () => undefined,
    remove: () => undefined,
  }
}
