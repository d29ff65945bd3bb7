import { createConnection } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { trustedPath } from '../endpoint/trusted-path.ts'
import { HandoffError } from '../messages/errors.ts'
import { parseReply } from '../messages/parse-reply.ts'
import {
  defaultPatience,
  encode,
  type HandoffRequest,
  type Launch,
  type LaunchReply,
  longestPatience,
  messageBytes,
  type OwnerStatus,
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

export interface AskStatusOptions {
  /** Gives the question up; the promise is rejected with its reason. */
  readonly signal?: AbortSignal
  /** Within how many milliseconds the owner must answer. Default 2000, at most 2500. */
  readonly timeout?: number
}

export interface AskOptions {
  /** Gives the question up, and takes a launch back that the app has not in hand yet. */
  readonly signal?: AbortSignal
  /** After how many milliseconds the owner must say how things stand. Default 3000, at most 60000. */
  readonly patience?: number
}

const longestStatusTime = 2_500
const defaultStatusTime = 2_000
/** What the way there and back may take on a busy machine, in milliseconds, on top of the owner's patience. */
const travelTime = 2_000

/**
 * Asks an owner what it is doing. Its server thread answers, whatever its main thread does.
 *
 * @throws {HandoffError} within 2.5 s, and the signal's reason.
 */
export async function askStatus(owner: Reachable, options: AskStatusOptions = {}): Promise<OwnerStatus> {
  const timeout = Math.min(options.timeout ?? defaultStatusTime, longestStatusTime)
  const reply = await converse(owner, () => ({ type: 'status' }), { timeout, signal: options.signal })
  if (reply.type === 'status') return reply.status
  throw reply.type === 'refused'
    ? new HandoffError('refused', new Error(reply.reason))
    : new HandoffError('bad-answer')
}

/**
 * Hands a launch over to the owner and waits for what became of it, as long as the patience lasts:
 *
 * - `launched`: it is done, and this is the state of the owner's window now;
 * - `queued`: the owner has it. If the owner is ready, its app gets the launch, and the contender may leave. If it is not
 *   ready, it may never become ready;
 * - `busy`: the owner has not taken it and will not do it later either;
 * - `refused`: the owner gives the reason.
 *
 * The same launch may be handed over again after an error: the owner recognizes it by its id.
 *
 * @throws {HandoffError} within `patience` and 2 s, and the signal's reason.
 */
export async function handOver(
  owner: Reachable,
  launch: Launch,
  options: AskOptions = {},
): Promise<LaunchReply> {
  const { signal, patience = defaultPatience } = options
  const timeout = Math.min(patience, longestPatience) + travelTime
  const question = (left: number): Question => {
    return { type: 'launch', launch, patience: Math.max(0, Math.round(left - travelTime)) }
  }
  const reply = await converse(owner, question, { timeout, signal })
  if (reply.type === 'status') throw new HandoffError('bad-answer')
  return reply
}

/**
 * Hands launches over one after another, until the owner does not take one.
 *
 * @param launches at least one.
 * @returns the last reply. All of them can be handed over again: the owner recognizes those that it has by their ids.
 * @throws {HandoffError} as `handOver` does.
 */
export async function handOverAll(
  owner: Reachable,
  [first, ...rest]: readonly [Launch, ...Launch[]],
  options: AskOptions,
): Promise<LaunchReply> {
  let reply = await handOver(owner, first, options)
  for (const launch of rest) {
    if (reply.type === 'busy' || reply.type === 'refused') return reply
    reply = await handOver(owner, launch, options)
  }
  return reply
}

type Stamped<Request> = Request extends HandoffRequest ? Omit<Request, 'v' | 'token'> : never
/** A request without what every request carries. */
type Question = Stamped<HandoffRequest>

interface ConversationOptions {
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
async function converse(
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
