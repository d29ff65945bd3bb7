import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmdirSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where the hand-off server listens. */
export interface Endpoint {
  /** A unix socket's path, or a named pipe's. */
  readonly path: string
  /** A folder made for the socket alone, where it has one. */
  readonly folder?: string
  /** Removes what is left of it on disk. */
  remove(): void
}

// sun_path has 104 bytes on macOS, 108 on Linux, the final zero included (man 7 unix).
const longestSocketPath = 103

/**
 * Chooses the endpoint of a data directory's owner: `NAME.sock` inside it where that path fits into a socket
 * address, else one in a new folder of mode 0700 under the user's runtime or temporary directory.
 *
 * Only the owner may call this: it removes the socket file a killed owner left behind.
 */
export function createEndpoint(dir: string, name: string): Endpoint {
  if (process.platform === 'win32') {
    const path = `\\\\.\\pipe\\electron-datadir-${randomBytes(16).toString('hex')}`
    return { path, remove: () => undefined }
  }
  const inside = join(dir, `${name}.sock`)
  if (Buffer.byteLength(inside) <= longestSocketPath) {
    removeSocket(inside)
    return { path: inside, remove: () => removeSocket(inside) }
  }
  const folder = mkdtempSync(join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), 'datadir-'))
  const path = join(folder, `${name}.sock`)
  return {
    path,
    folder,
    remove: () => {
      removeSocket(path)
      rmdirSync(folder)
    },
  }
}

function removeSocket(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
