import { chmodSync, renameSync, rmSync, statSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { platform } from 'node:process'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { makePrivateFolder } from '../endpoint/private-folder.ts'
import { firstPathOf } from '../endpoint/unix-listener.ts'
import { parseRequest } from '../messages/parse-request.ts'
import { encode, type HandoffRequest, type Reply, readLine } from '../messages/protocol.ts'
import type { ThreadStart } from './thread-messages.ts'

/** The largest number of connections at a time. Further ones are closed at once. */
const connectionLimit = 64
/** The buffer of a request that every connection may have, in bytes. */
const freeBytes = 64 * 1024
/** What the buffers of all connections together may have beyond that, in bytes. It is enough for seven large launches. */
const sharedBytes = 8 * 2 ** 20
/** How often the socket file is checked, in milliseconds. */
const checkMilliseconds = 2_000
/** How long a contender may take to send its request, in milliseconds. */
const requestTime = 2_000
/** How long a contender may take to receive its reply, in milliseconds. */
const replyTime = 1_000

/** Answers a request of so many bytes. The signal aborts when the contender hangs up. */
export type Answer = (request: HandoffRequest, bytes: number, hungUp: AbortSignal) => Promise<Reply>

/**
 * Listens at the endpoint, takes one request from each connection and sends one reply. Creates the socket file again if it
 * was removed. Runs in the hand-off thread.
 */
export class Listener {
  readonly #start: ThreadStart
  readonly #answer: Answer
  readonly #sockets = new Set<Socket>()
  #sharedBytes = 0
  #server: Server
  #inode: bigint | undefined
  #checking: NodeJS.Timeout | undefined

  /** @throws the system's error if it cannot listen at the endpoint. */
  constructor(start: ThreadStart, answer: Answer) {
    this.#start = start
    this.#answer = answer
    this.#server = this.#listen()
    if (platform !== 'win32') this.#checking = setInterval(() => this.#check(), checkMilliseconds).unref()
  }

  /** Leaves the socket file alone from now on. */
  leaveSocketFile(): void {
    clearInterval(this.#checking)
  }

  /** Accepts no more connections. Calls back when the present ones have ended. */
  close(onClosed: () => void): void {
    this.leaveSocketFile()
    this.#server.close(onClosed)
  }

  #listen(): Server {
    const { path, folder } = this.#start
    const server = createServer((socket) => this.#accept(socket))
    if (platform === 'win32') return server.listen(path)
    if (folder !== undefined) makePrivateFolder(folder)
    const first = firstPathOf(path)
    rmSync(first, { force: true })
    server.listen(first)
    // The socket is bound when listen() returns. Nobody can find it before only this user may connect to it.
    if (server.listening) this.#show(server, first)
    return server
  }

  #show(server: Server, first: string): void {
    try {
      chmodSync(first, 0o600)
      renameSync(first, this.#start.path)
      this.#inode = inodeOf(this.#start.path)
    } catch (error) {
      server.close()
      throw error
    }
  }

  #accept(socket: Socket): void {
    // After an error comes 'close', which removes the socket.
    socket.on('error', () => undefined)
    if (this.#sockets.size >= connectionLimit) {
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    void this.#serve(socket)
  }

  async #serve(socket: Socket): Promise<void> {
    let line: string
    try {
      line = await this.#read(socket)
    } catch {
      // The request was too slow or too long, or there was no memory for it, or the contender has hung up. A contender
      // that is hung up on tries again.
      socket.destroy()
      return
    }
    const request = parseRequest(line, this.#start.token)
    const reply = request.type === 'refused' ? request : await this.#replyTo(request, line, socket)
    const timer = setTimeout(() => socket.destroy(), replyTime)
    socket.on('close', () => clearTimeout(timer))
    socket.end(encode(reply))
  }

  async #read(socket: Socket): Promise<string> {
    let reserved = 0
    const reserve = (bytes: number) => {
      const more = Math.max(0, bytes - freeBytes) - reserved
      if (this.#sharedBytes + more > sharedBytes) return false
      reserved += more
      this.#sharedBytes += more
      return true
    }
    try {
      return await readLine(socket, requestTime, reserve)
    } finally {
      this.#sharedBytes -= reserved
    }
  }

  async #replyTo(request: HandoffRequest, line: string, socket: Socket): Promise<Reply> {
    const hungUp = hangUpOf(socket)
    // A process that was stopped may read the request of a contender that has left since. After two turns of the event
    // loop it has read everything that followed the request.
    await nextTurn()
    await nextTurn()
    return this.#answer(request, Buffer.byteLength(line), hungUp)
  }

  #check(): void {
    if (this.#inode !== undefined && inodeOf(this.#start.path) === this.#inode) return
    this.#server.close()
    this.#inode = undefined
    try {
      this.#server = this.#listen()
      // An error of listening comes in the next tick.
      this.#server.on('error', () => undefined)
    } catch {
      // Its folder is missing, or something else is in its place. The next check tries again.
    }
  }
}

/** Aborts when the contender hangs up. Closes a connection that sends anything after its request. */
function hangUpOf(socket: Socket): AbortSignal {
  const hungUp = new AbortController()
  socket.on('data', () => socket.destroy())
  socket.on('end', () => hungUp.abort())
  socket.on('close', () => hungUp.abort())
  return hungUp.signal
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino
}
