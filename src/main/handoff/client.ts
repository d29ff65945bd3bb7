import { createConnection } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { trustedPath } from './endpoint/trusted-path.ts'
import { HandoffError } from './messages/errors.ts'
import { parseReply } from './messages/parse-reply.ts'
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
  readLine,
} from './messages/protocol.ts'

/** How to reach an owner: what a contender takes from the owner record. */
export interface Reachable {
  readonly pid?: number
  readonly endpoint?: string
  readonly token?: string
}

export interface AskStatusOptions {
  /** Cancels the request. The promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal
  /** How long the owner may take to answer, in milliseconds. Default 2000, at most 2500. */
  readonly timeout?: number
}

export interface AskOptions {
  /** Cancels the request. The owner then withdraws the launch, unless the app already has it. */
  readonly signal?: AbortSignal
  /** How long the owner may take to report the result, in milliseconds. Default 3000, at most 60000. */
  readonly patience?: number
}

const longestStatusTime = 2_500
/** How long request and reply may travel on a busy machine, in milliseconds, in addition to the owner's patience. */
const travelTime = 2_000

/**
 * Asks an owner for its status. The hand-off thread answers, even if the owner's main thread is blocked.
 *
 * @throws {HandoffError} within 2.5 s, or the signal's reason.
 */
export async function askStatus(owner: Reachable, options: AskStatusOptions = {}): Promise<OwnerStatus> {
  const timeout = Math.min(options.timeout ?? 2_000, longestStatusTime)
  const reply = await request(owner, () => ({ type: 'status' }), timeout, options.signal)
  if (reply.type === 'status') return reply.status
  throw reply.type === 'refused'
    ? new HandoffError('refused', new Error(reply.reason))
    : new HandoffError('bad-answer')
}

/**
 * Hands a launch over to the owner and waits for the result as long as the patience lasts:
 *
 * - `launched`: the app has handled it, and this is the state of the owner's window;
 * - `queued`: the owner has it. If the owner is ready, its app gets the launch, and the contender may exit. If the owner is
 *   not ready, it may never become ready;
 * - `busy`: the owner has not taken it, and does not take it later;
 * - `refused`: the reply has the reason.
 *
 * After an error the same launch may be handed over again: the owner recognizes it by its id.
 *
 * @throws {HandoffError} within `patience` plus 2 s, or the signal's reason.
 */
export async function handOver(
  owner: Reachable,
  launch: Launch,
  options: AskOptions = {},
): Promise<LaunchReply> {
  const { signal, patience = defaultPatience } = options
  const timeout = Math.min(patience, longestPatience) + travelTime
  const bodyOf = (left: number): RequestBody => {
    return { type: 'launch', launch, patience: Math.max(0, Math.round(left - travelTime)) }
  }
  const reply = await request(owner, bodyOf, timeout, signal)
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

type WithoutHead<Request> = Request extends HandoffRequest ? Omit<Request, 'v' | 'token'> : never
type RequestBody = WithoutHead<HandoffRequest>

/** How long to wait for a socket without a listener, in milliseconds: a hand-off thread that died is started again. */
const refusedTime = 1_000
/** The same for a missing socket. An owner writes its path before it listens, and creates a removed socket again. */
const missingTime = 2_500
const pauseBetweenTries = 50

/**
 * Sends a request and returns the reply. An owner with too many connections hangs up without a reply: the request is then
 * sent again until the time is up. Nothing is sent to an endpoint that may belong to another user.
 *
 * @param bodyOf gets the milliseconds that are left. It is called before each attempt.
 * @param timeout how long the reply may take, in milliseconds.
 * @throws {HandoffError} or the signal's reason.
 */
async function request(
  { endpoint, token, pid }: Reachable,
  bodyOf: (left: number) => RequestBody,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<Reply> {
  if (endpoint === undefined || token === undefined) throw new HandoffError('no-endpoint')
  const begin = performance.now()
  let goneSince: number | undefined
  for (;;) {
    signal?.throwIfAborted()
    const left = timeout - (performance.now() - begin)
    const line = encode({ ...bodyOf(left), v: protocolVersion, token })
    if (Buffer.byteLength(line) > messageBytes) throw new HandoffError('too-big')
    try {
      return await exchange(trustedPath(endpoint, pid), line, left, signal)
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof HandoffError) throw error
      const { failure, time } = failureOf(error)
      const next = performance.now() + pauseBetweenTries
      // The time counts from the first such failure: the owner may be starting its hand-off thread again.
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
  const socket = createConnection({ path: endpoint, ...(signal && { signal }) })
  try {
    socket.write(line)
    const reply = parseReply(await readLine(socket, milliseconds))
    if (!reply) throw new HandoffError('bad-answer')
    return reply
  } finally {
    // A later error of this socket has no effect any more.
    socket.on('error', () => undefined).destroy()
  }
}

/** What an error means, and for how many milliseconds the request is sent again. */
function failureOf(error: unknown): { failure: 'gone' | 'no-answer'; time: number } {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ECONNREFUSED') return { failure: 'gone', time: refusedTime }
  if (code === 'ENOENT') return { failure: 'gone', time: missingTime }
  return { failure: 'no-answer', time: Number.POSITIVE_INFINITY }
}
