import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { parseRequest } from '../messages/parse-request.ts'
import { encode, type HandoffRequest, type Reply } from '../messages/protocol.ts'
import { readLine } from '../messages/read-line.ts'
import type { OwnerDesk } from './owner-desk.ts'

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
  const reply = request.type === 'refused' ? request : await answer(socket, request, desk)
  const timer = setTimeout(() => socket.destroy(), fetchTime)
  socket.on('close', () => clearTimeout(timer))
  socket.end(encode(reply))
}

async function answer(socket: Socket, request: HandoffRequest, desk: OwnerDesk): Promise<Reply> {
  const hungUp = hangUpOf(socket)
  // A process that was stopped finds the request of a caller who has left since. The second turn of the event loop
  // has read whatever came after the line.
  await nextTurn()
  await nextTurn()
  return desk.answer(request, hungUp)
}

/** Aborts when the caller leaves. One that goes on talking after its one line is shown out. */
function hangUpOf(socket: Socket): AbortSignal {
  const hungUp = new AbortController()
  socket.on('data', () => socket.destroy())
  socket.on('end', () => hungUp.abort())
  socket.on('close', () => hungUp.abort())
  return hungUp.signal
}
