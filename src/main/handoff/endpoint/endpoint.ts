import { createPipeEndpoint } from './pipe-endpoint.ts'
import { createSocketEndpoint } from './socket-endpoint.ts'

/** Where the hand-off server listens. */
export interface Endpoint {
  /** A unix socket's path, or a named pipe's. */
  readonly path: string
  /** A folder for sockets alone, if the socket is in one. Other data directories of this user may have theirs there too. */
  readonly folder?: string
  /**
   * Removes the socket file.
   *
   * @throws the system's error if something else is in its place.
   */
  removeSocket(): void
  /** Removes all that is left of it on disk, if that is possible. Never throws. */
  remove(): void
}

/** Chooses the endpoint of a data directory's owner. Only the owner may call this. */
export const createEndpoint: (dir: string, name: string) => Endpoint =
  process.platform === 'win32' ? createPipeEndpoint : createSocketEndpoint
