import { createConnection } from 'node:net'
import { text } from 'node:stream/consumers'

/** Says something to a server as it is and gives back all it answers. */
export async function say(endpoint: string, words: string | Buffer): Promise<string> {
  const socket = createConnection(endpoint)
  socket.write(words)
  return text(socket)
}
