import type { Socket } from 'node:net'
import { messageBytes } from './protocol.ts'

/**
 * Reads the one line a peer sends.
 *
 * @param milliseconds how long the whole line may take, from now, however slowly it drips.
 * @throws an Error when the time is up, the line is longer than {@link messageBytes}, or the peer hangs up.
 */
export function readLine(socket: Socket, milliseconds: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const timer = setTimeout(() => finish(new Error('timed out')), milliseconds)
    const onData = (chunk: string) => {
      text += chunk
      const end = text.indexOf('\n')
      if (end >= 0) finish(text.slice(0, end))
      else if (text.length > messageBytes) finish(new Error('message too long'))
    }
    const onEnd = () => finish(new Error('hung up'))
    const finish = (result: string | Error) => {
      clearTimeout(timer)
      socket.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', finish)
      if (typeof result === 'string') resolve(result)
      else reject(result)
    }
    socket.setEncoding('utf8').on('data', onData).on('end', onEnd).on('close', onEnd).on('error', finish)
  })
}
