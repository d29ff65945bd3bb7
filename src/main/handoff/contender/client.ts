import { HandoffError } from '../messages/errors.ts'
import {
  defaultPatience,
  type Launch,
  type LaunchReply,
  longestPatience,
  type OwnerStatus,
  type QuitReply,
} from '../messages/protocol.ts'
import { converse, type Question, type Reachable } from './conversation.ts'

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
  const reply = await askPatiently(owner, options, (patience) => ({ type: 'launch', launch, patience }))
  if (reply.type === 'status' || reply.type === 'agreed') throw new HandoffError('bad-answer')
  return reply
}

/**
 * Asks the owner to quit. The app decides; one that agrees quits by itself, and its lock tells when.
 *
 * @throws {HandoffError} within `patience` and 2 s, and the signal's reason.
 */
export async function askToQuit(owner: Reachable, options: AskOptions = {}): Promise<QuitReply> {
  const reply = await askPatiently(owner, options, (patience) => ({ type: 'quit', patience }))
  if (reply.type === 'agreed' || reply.type === 'busy' || reply.type === 'refused') return reply
  throw new HandoffError('bad-answer')
}

function askPatiently(owner: Reachable, options: AskOptions, question: (patience: number) => Question) {
  const patience = Math.min(options.patience ?? defaultPatience, longestPatience)
  return converse(owner, (left) => question(Math.max(0, Math.round(left - travelTime))), {
    timeout: patience + travelTime,
    signal: options.signal,
  })
}
