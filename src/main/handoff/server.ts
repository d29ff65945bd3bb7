import { timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { Endpoint } from './endpoint.ts'
import {
  encode,
  type Launch,
  type LaunchOutcome,
  parseRequest,
  protocolVersion,
  type Reply,
} from './protocol.ts'
import { readLine } from './read-line.ts'

export interface HandoffServer {
  /** Stops listening, hangs up on everybody and removes the endpoint. */
  close(): Promise<void>
}

export interface HandoffServerOptions {
  readonly endpoint: Endpoint
  /** Requests without it are refused. */
  readonly token: string
  /** Does what a launch asks for and tells what became of it. */
  readonly onLaunch: (launch: Launch) => Promise<LaunchOutcome>
}

/** How long a contender may take to send its one line, in milliseconds. */
const requestTime = 2_000

/**
 * Starts to listen for contenders. One request and one reply a connection.
 *
 * @throws the system's error when the endpoint cannot be listened on.
 */
export async function startHandoffServer(options: HandoffServerOptions): Promise<HandoffServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // A contender that goes away in the middle is its own business; 'close' follows and cleans up.
    socket.on('error', () => undefined)
    void answer(socket, options)
  })
  // Created with the right mode from the start: between bind and chmod anybody could connect.
  const mask = process.umask(0o177)
  try {
    server.listen(options.endpoint.path)
    await once(server, 'listening')
  } finally {
    process.umask(mask)
  }
  return {
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
      options.endpoint.remove()
    },
  }
}

async function answer(socket: Socket, options: HandoffServerOptions): Promise<void> {
  let line: string
  try {
    line = await readLine(socket, requestTime)
  } catch {
    // Too slow, too long or gone: there is nobody left to answer.
    socket.destroy()
    return
  }
  socket.end(encode(await replyTo(line, options)))
}

async function replyTo(line: string, { token, onLaunch }: HandoffServerOptions): Promise<Reply> {
  const request = parseRequest(line)
  if (!request) return refusal('this request is not understood')
  if (!isSameSecret(request.token, token)) return refusal('the token is wrong')
  try {
    return { v: protocolVersion, type: 'launched', outcome: await onLaunch(request.launch) }
  } catch (error) {
    return refusal(error instanceof Error ? error.message : String(error))
  }
}

function refusal(reason: string): Reply {
  return { v: protocolVersion, type: 'refused', reason }
}

function isSameSecret(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
