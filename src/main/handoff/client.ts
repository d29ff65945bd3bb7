import { createConnection } from 'node:net'
import { HandoffError } from './errors.ts'
import { encode, type Launch, parseReply, protocolVersion, type Reply } from './protocol.ts'
import { readLine } from './read-line.ts'

/** Where and how an owner can be reached: the two facts a contender takes from its record. */
export interface Reachable {
  readonly endpoint?: string
  readonly token?: string
}

/** How long the owner may take to answer, in milliseconds. It answers once its window is there. */
const answerTime = 10_000

/**
 * Hands a launch over to the owner and waits for what became of it.
 *
 * @throws {HandoffError} when the owner has no server, is gone, takes longer than 10 s or answers nonsense.
 */
export async function handOver(owner: Reachable, launch: Launch): Promise<Reply> {
  const { endpoint, token } = owner
  if (endpoint === undefined || token === undefined) throw new HandoffError('no-endpoint')
  const socket = createConnection(endpoint)
  try {
    socket.write(encode({ v: protocolVersion, type: 'launch', token, launch }))
    const reply = parseReply(await readLine(socket, answerTime))
    if (!reply) throw new HandoffError('bad-answer')
    return reply
  } catch (error) {
    throw error instanceof HandoffError ? error : new HandoffError(failureOf(error), error)
  } finally {
    socket.destroy()
  }
}

function failureOf(error: unknown) {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ECONNREFUSED' ? 'gone' : 'no-answer'
}
