import type { Socket } from 'node:net'
import { messageBytes } from './protocol.ts'

const newline = 0x0a
const firstBytes = 1_024

/**
 * Reads the one line a peer sends. What it costs does not depend on how the bytes are cut into pieces.
 *
 * @param milliseconds how long the whole line may take, from now, however slowly it drips.
 * @throws an Error when the time is up, the line is longer than {@link messageBytes}, anything follows it, or the
 * peer hangs up.
 */
export function readLine(socket: Socket, milliseconds: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = Buffer.alloc(firstBytes)
    let length = 0
    const timer = setTimeout(() => finish(new Error('timed out')), milliseconds)
    const onData = (chunk: Buffer) => {
      if (length + chunk.length > messageBytes) return finish(new Error('message too long'))
      line = withRoom(line, length + chunk.length)
      chunk.copy(line, length)
      const end = chunk.indexOf(newline)
      if (end >= 0 && end < chunk.length - 1) return finish(new Error('more than one line'))
      length += chunk.length
      if (end >= 0) finish(line.toString('utf8', 0, length - 1))
    }
    const onEnd = () => finish(new Error('hung up'))
    const finish = (result: string | Error) => {
      clearTimeout(timer)
      socket.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', finish)
      if (typeof result === 'string') resolve(result)
      else reject(result)
    }
    socket.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', finish)
  })
}

/** The same bytes with room for `needed`, doubled each time, so that a slow drip is not copied over and over. */
function withRoom(bytes: Buffer<ArrayBuffer>, needed: number): Buffer<ArrayBuffer> {
  if (needed <= bytes.length) return bytes
  const larger = Buffer.alloc(Math.min(messageBytes, Math.max(needed, bytes.length * 2)))
  bytes.copy(larger)
  return larger
}
