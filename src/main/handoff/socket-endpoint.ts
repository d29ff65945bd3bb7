import { lstatSync, mkdtempSync, rmSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Endpoint } from './endpoint.ts'

// sun_path has 104 bytes on macOS, 108 on Linux, the final zero included (man 7 unix).
const longestSocketPath = 103

/**
 * A unix socket, for Linux and macOS: `NAME.sock` inside the data directory where that path fits into a socket
 * address, else one in a new folder of mode 0700 under the user's runtime or temporary directory.
 *
 * Removes the socket file that a killed owner left behind.
 *
 * @throws the system's error where something else is in its place, and where no folder can be made.
 */
export function createSocketEndpoint(dir: string, name: string): Endpoint {
  const inside = join(dir, `${name}.sock`)
  if (Buffer.byteLength(inside) <= longestSocketPath) {
    const remove = () => removeSocket(inside)
    remove()
    return { path: inside, removeSocket: remove, remove }
  }
  const folder = makeFolder(name)
  const path = join(folder, `${name}.sock`)
  return {
    path,
    folder,
    removeSocket: () => removeSocket(path),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The runtime directory first: no cleaner of temporary files comes by there. But it may be missing, or too deep. */
function makeFolder(name: string): string {
  for (const parent of [process.env.XDG_RUNTIME_DIR, tmpdir()]) {
    if (!parent || Buffer.byteLength(join(parent, `datadir-XXXXXX/${name}.sock`)) > longestSocketPath)
      continue
    try {
      return mkdtempSync(join(parent, 'datadir-'))
    } catch {
      // Not there, or not ours to write in: the next one may be.
    }
  }
  return mkdtempSync('/tmp/datadir-')
}

function removeSocket(path: string): void {
  // Mostly there is none, and an error that is thrown and caught takes longer than this question.
  if (!lstatSync(path, { throwIfNoEntry: false })) return
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
