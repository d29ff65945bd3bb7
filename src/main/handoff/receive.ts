import type { Socket } from 'node:net'
import type { OwnerDesk } from './owner-desk.ts'
import { parseRequest } from './parse-request.ts'
import { encode } from './protocol.ts'
import { readLine } from './read-line.ts'

/** How long a caller may take to send its one line, in milliseconds. */
const requestTime = 2_000
/** How long a caller may take to fetch its answer, in milliseconds. */
const fetchTime = 1_000

/** Takes one request from a caller and sends one reply. Runs in the server thread. */
export async function receive(socket: Socket, token: string, desk: OwnerDesk): Promise<void> {
  let line: string
  try {
    line = await readLine(socket, requestTime)
  } catch {
    // Too slow, too long or gone: there is nobody left to answer.
    socket.destroy()
    return
  }
  const request = parseRequest(line, token)
  const reply = request.type === 'refused' ? request : await desk.answer(request, hangUpOf(socket))
  const timer = setTimeout(() => socket.destroy(), fetchTime)
  socket.on('close', () => clearTimeout(timer))
  socket.end(encode(reply))
}

/** Aborts when the caller leaves. One that goes on talking after its one line is shown out. */
function hangUpOf(socket: Socket): AbortSignal {
  const hungUp = new AbortController()
  socket.on('data', () => socket.destroy())
  socket.on('end', () => hungUp.abort())
  socket.on('close', () => hungUp.abort())
  return hungUp.signal
}
