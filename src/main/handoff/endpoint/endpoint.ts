import { lstatSync, mkdtempSync, realpathSync, rmdirSync, rmSync, statSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attempt } from '../../../shared/attempt.ts'
import { randomHex } from '../../runtime/random-hex.ts'
import { isPrivateFolder, makePrivateFolder } from './private-folder.ts'

/** The address at which the owner listens. */
export interface Endpoint {
  /** A unix socket's path, or a named pipe's. */
  readonly path: string
  /** A folder that contains only sockets, if the socket is in one. It may have those of this user's other directories too. */
  readonly folder?: string
  /**
   * Removes the socket file.
   *
   * @throws the system's error if something else is in its place.
   */
  removeSocket(): void
  /** Removes everything of it from the disk, if possible. Never throws: the next owner removes what is left. */
  remove(): void
}

/** `sun_path` has 104 bytes on macOS, 108 on Linux, the final zero included (man 7 unix). */
export const longestSocketPath = 103

/**
 * A unix socket, for Linux and macOS. It is `NAME.sock` in the data directory if others cannot write there and the path
 * fits into a socket address. Otherwise it is in a folder that this user has for the sockets of all its data directories,
 * in the runtime directory or the temporary directory.
 *
 * Removes the socket file that a killed owner left behind.
 *
 * @param dir the data directory's real path.
 * @throws the system's error if something else is in the socket's place, and an error if no folder is private.
 */
export function createSocketEndpoint(dir: string, name: string): Endpoint {
  const inside = join(dir, `${name}.sock`)
  if (fits(inside) && isPrivateFolder(dir)) return endpointAt(inside)
  const { folder, isNew } = folderFor(socketNameOf(dir, name))
  const endpoint = endpointAt(join(folder, socketNameOf(dir, name)))
  if (!isNew) return { ...endpoint, folder }
  return {
    ...endpoint,
    folder,
    remove: () => attempt(() => rmSync(folder, { recursive: true, force: true })),
  }
}

/**
 * A named pipe, for Windows. Its name is random and only in the owner record, because any user may create a pipe with a
 * name that can be guessed. Windows removes it with the last handle.
 *
 * Node.js creates it with the default security descriptor: full control for its creator, administrators and the system.
 * All others may at most read (learn.microsoft.com/windows/win32/ipc/named-pipe-security-and-access-rights).
 */
export function createPipeEndpoint(): Endpoint {
  return {
    path: `\\\\.\\pipe\\electron-datadir-${randomHex(16)}`,
    removeSocket: () => undefined,
    remove: () => undefined,
  }
}

/** Chooses the endpoint of a data directory's owner. Only the owner may call this. */
export const createEndpoint: (dir: string, name: string) => Endpoint =
  process.platform === 'win32' ? createPipeEndpoint : createSocketEndpoint

function endpointAt(path: string): Endpoint {
  const remove = () => removeSocket(path)
  remove()
  return { path, removeSocket: remove, remove: () => attempt(remove) }
}

/**
 * Returns the name of a directory's socket in {@link userFolderFor}. It is the same for every owner of a directory, so the
 * next owner replaces the socket that a killed one left. Device and inode identify a directory, as they do for the lock, and they are shorter than a path.
 */
export function socketNameOf(dir: string, name: string): string {
  const { dev, ino } = statSync(dir, { bigint: true })
  return `${ino.toString(36)}-${dev.toString(36)}-${name}.sock`
}

/**
 * Returns the private folder that this user has for the sockets of all its data directories. The runtime directory comes
 * first: temporary files are not cleaned up there. But it may be missing, or its path too long.
 *
 * @returns undefined if another user has taken all of these names.
 */
export function userFolderFor(socket: string): string | undefined {
  const ofUser = `electron-datadir-${process.geteuid?.()}`
  const folders = [
    ...realPath(process.env.XDG_RUNTIME_DIR).map((parent) => join(parent, 'electron-datadir')),
    ...temporaryFolders().map((parent) => join(parent, ofUser)),
  ]
  return folders.find((candidate) => fits(join(candidate, socket)) && isMade(candidate))
}

function temporaryFolders(): string[] {
  return [tmpdir(), '/tmp'].flatMap(realPath)
}

function folderFor(socket: string): { folder: string; isNew: boolean } {
  const folder = userFolderFor(socket)
  if (folder !== undefined) return { folder, isNew: false }
  // A random name cannot be guessed.
  const parent =
    temporaryFolders().find((candidate) => fits(join(candidate, 'datadir-XXXXXX', socket))) ?? '/tmp'
  const made = mkdtempSync(join(parent, 'datadir-'))
  if (isMade(made)) return { folder: made, isNew: true }
  rmdirSync(made)
  throw new Error(`${parent} has no place for a private folder.`)
}

/** @returns nothing if it is missing, or this user may not read it. */
function realPath(path: string | undefined): string[] {
  return (path && attempt(() => [realpathSync(path)])) || []
}

function isMade(folder: string): boolean {
  try {
    makePrivateFolder(folder)
    return true
  } catch {
    // The next candidate may be private.
    return false
  }
}

function fits(path: string): boolean {
  return Buffer.byteLength(path) <= longestSocketPath
}

function removeSocket(path: string): void {
  // There is usually none. This check is faster than an error that is thrown and caught.
  if (!lstatSync(path, { throwIfNoEntry: false })) return
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
