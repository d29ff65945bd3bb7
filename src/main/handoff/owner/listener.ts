import { chmodSync, renameSync, rmSync, statSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { platform } from 'node:process'
import { makePrivateFolder } from '../endpoint/private-folder.ts'
import { firstPathOf } from '../endpoint/unix-listener.ts'

/** How many callers are listened to at a time; more are hung up on at once. */
const connectionLimit = 64
/** How often the socket file is looked at, in milliseconds. */
const watchMilliseconds = 2_000

/** Listens at the endpoint, and makes a socket file anew that somebody removed. Runs in the server thread. */
export class Listener {
  readonly #path: string
  readonly #folder: string | undefined
  readonly #onSocket: (socket: Socket) => void
  readonly #sockets = new Set<Socket>()
  #server: Server
  #inode: bigint | undefined
  #watch: NodeJS.Timeout | undefined

  /** @throws the system's error when the endpoint cannot be listened on. */
  constructor(path: string, folder: string | undefined, onSocket: (socket: Socket) => void) {
    this.#path = path
    this.#folder = folder
    this.#onSocket = onSocket
    this.#server = this.#listen()
    if (platform !== 'win32') this.#watch = setInterval(() => this.#check(), watchMilliseconds).unref()
  }

  /** The socket file is left alone from now on. */
  stopWatching(): void {
    clearInterval(this.#watch)
  }

  /** Takes no more callers, and calls back when those that are there have left. */
  close(onClosed: () => void): void {
    this.stopWatching()
    this.#server.close(onClosed)
  }

  #listen(): Server {
    const server = createServer((socket) => this.#accept(socket))
    if (platform === 'win32') return server.listen(this.#path)
    if (this.#folder !== undefined) makePrivateFolder(this.#folder)
    const first = firstPathOf(this.#path)
    rmSync(first, { force: true })
    server.listen(first)
    // It is bound when listen() returns, and found by nobody before it is for this user alone.
    if (server.listening) this.#show(server, first)
    return server
  }

  #show(server: Server, first: string): void {
    try {
      chmodSync(first, 0o600)
      renameSync(first, this.#path)
      this.#inode = inodeOf(this.#path)
    } catch (error) {
      server.close()
      throw error
    }
  }

  #accept(socket: Socket): void {
    // A caller that goes away in the middle is its own business; 'close' follows and cleans up.
    socket.on('error', () => undefined)
    if (this.#sockets.size >= connectionLimit) {
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    this.#onSocket(socket)
  }

  #check(): void {
    if (this.#inode !== undefined && inodeOf(this.#path) === this.#inode) return
    this.#server.close()
    this.#inode = undefined
    try {
      this.#server = this.#listen()
      // An error of listening comes in the next tick.
      this.#server.on('error', () => undefined)
    } catch {
      // Without its folder, or with one in its place, the socket cannot come back now; the next look will tell.
    }
  }
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino
}
