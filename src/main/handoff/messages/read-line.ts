import type { Socket } from 'node:net'
import { messageBytes } from './protocol.ts'

const newline = 0x0a
const firstBytes = 1_024

/**
 * Reads the one line that a peer sends. The cost does not depend on how the bytes are cut into pieces.
 *
 * @param milliseconds how long the whole line may take.
 * @param reserve is called before the line gets a buffer of so many bytes, and returns whether it may have it.
 * @throws an Error if the time is up, the line is longer than {@link messageBytes}, anything follows it, it may not have
 * the memory, or the peer hangs up.
 */
export function readLine(
  socket: Socket,
  milliseconds: number,
  reserve: (bytes: number) => boolean = () => true,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = Buffer.alloc(firstBytes)
    let length = 0
    const timer = setTimeout(() => finish(new Error('timed out')), milliseconds)
    const onData = (chunk: Buffer) => {
      const needed = length + chunk.length
      if (needed > messageBytes) return finish(new Error('message too long'))
      if (needed > line.length) {
        // The buffer doubles, so that a line in many pieces is not copied for each of them.
        const bytes = Math.min(messageBytes, Math.max(needed, line.length * 2))
        if (!reserve(bytes)) return finish(new Error('too many long messages'))
        line = Buffer.concat([line], bytes)
      }
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
