import { createConnection } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { trustedPath } from '../endpoint/trusted-path.ts'
import { HandoffError } from '../messages/errors.ts'
import { parseReply } from '../messages/parse-reply.ts'
import {
  encode,
  type HandoffRequest,
  messageBytes,
  protocolVersion,
  type Reply,
} from '../messages/protocol.ts'
import { readLine } from '../messages/read-line.ts'

/** Where and how an owner can be reached: what a contender takes from its record. */
export interface Reachable {
  readonly pid?: number
  readonly endpoint?: string
  readonly token?: string
}

type Stamped<Request> = Request extends HandoffRequest ? Omit<Request, 'v' | 'token'> : never
/** A request without what every request carries. */
export type Question = Stamped<HandoffRequest>

export interface ConversationOptions {
  /** Within how many milliseconds there must be a reply. */
  readonly timeout: number
  readonly signal?: AbortSignal | undefined
}

/** How long a socket without a listener may be waited for: a server thread that died is started again. */
const refusedTime = 1_000
/** The same for a socket that is missing. An owner names it before it listens, and makes a removed one anew. */
const missingTime = 2_500
const pauseBetweenTries = 50

/**
 * Asks an owner one thing. An owner that hung up without a reply, as one with too many callers does, is asked again
 * until the time is up. Nothing is sent to an endpoint that may be another user's.
 *
 * @param question gets the milliseconds that are left, and may be asked for more than once.
 * @throws {HandoffError} and the signal's reason.
 */
export async function converse(
  { endpoint, token, pid }: Reachable,
  question: (left: number) => Question,
  { timeout, signal }: ConversationOptions,
): Promise<Reply> {
  if (endpoint === undefined || token === undefined) throw new HandoffError('no-endpoint')
  const begin = performance.now()
  let goneSince: number | undefined
  for (;;) {
    signal?.throwIfAborted()
    const left = timeout - (performance.now() - begin)
    const line = encode({ ...question(left), v: protocolVersion, token })
    if (Buffer.byteLength(line) > messageBytes) throw new HandoffError('too-big')
    try {
      return await exchange(trustedPath(endpoint, pid), line, left, signal)
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof HandoffError) throw error
      const { failure, time } = failureOf(error)
      const next = performance.now() + pauseBetweenTries
      // Counted from here: an owner that was talked to before may have its server thread started again.
      goneSince = failure === 'gone' ? (goneSince ?? performance.now()) : undefined
      const isGone = goneSince !== undefined && next - goneSince >= time
      if (isGone || next - begin >= timeout) throw new HandoffError(failure, error)
      await pause(pauseBetweenTries)
    }
  }
}

async function exchange(
  endpoint: string,
  line: string,
  milliseconds: number,
  signal: AbortSignal | undefined,
): Promise<Reply> {
  const socket = createConnection(endpoint)
  const hangUp = () => socket.destroy()
  signal?.addEventListener('abort', hangUp)
  try {
    socket.write(line)
    const reply = parseReply(await readLine(socket, milliseconds))
    if (!reply) throw new HandoffError('bad-answer')
    return reply
  } finally {
    signal?.removeEventListener('abort', hangUp)
    // An error of a socket that is no longer of use has nobody to tell.
    socket.on('error', () => undefined).destroy()
  }
}

/** What an error means, and how long it may be tried again, in milliseconds. */
function failureOf(error: unknown): { failure: 'gone' | 'no-answer'; time: number } {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ECONNREFUSED') return { failure: 'gone', time: refusedTime }
  if (code === 'ENOENT') return { failure: 'gone', time: missingTime }
  return { failure: 'no-answer', time: Number.POSITIVE_INFINITY }
}
