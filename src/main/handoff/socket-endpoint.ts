import { mkdtempSync, rmdirSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Endpoint } from './endpoint.ts'

// sun_path has 104 bytes on macOS, 108 on Linux, the final zero included (man 7 unix).
const longestSocketPath = 103

/**
 * A unix socket, for Linux and macOS: `NAME.sock` inside the data directory where that path fits into a socket
 * address, else one in a new folder of mode 0700 under the user's runtime or temporary directory.
 *
 * Removes the socket file that a killed owner left behind.
 */
export function createSocketEndpoint(dir: string, name: string): Endpoint {
  const inside = join(dir, `${name}.sock`)
  if (Buffer.byteLength(inside) <= longestSocketPath) {
    removeSocket(inside)
    return { path: inside, remove: () => removeSocket(inside) }
  }
  const folder = mkdtempSync(join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), 'datadir-'))
  const path = join(folder, `${name}.sock`)
  return {
    path,
    remove: () => {
      removeSocket(path)
      rmdirSync(dirname(path))
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
