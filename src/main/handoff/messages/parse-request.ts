import { timingSafeEqual } from 'node:crypto'
import { parseJsonObject } from '../../../shared/json-object.ts'
import { randomHex } from '../../runtime/random-hex.ts'
import {
  defaultPatience,
  type HandoffRequest,
  type Launch,
  longestPatience,
  protocolVersion,
  type Refusal,
  refusal,
} from './protocol.ts'

/**
 * Reads a request. Unknown fields are ignored, so that a newer contender can add some. The token is checked first: a
 * process without it gets no other answer.
 *
 * @param secret the token a request must carry.
 * @returns the request, or the refusal to answer with.
 */
export function parseRequest(line: string, secret: string): HandoffRequest | Refusal {
  const value = parseJsonObject(line)
  if (!value) return notUnderstood()
  const { token, v, type } = value
  if (typeof token !== 'string' || !isSameSecret(token, secret)) {
    return refusal('wrong-token', 'the token is wrong')
  }
  if (v !== protocolVersion) {
    return refusal('wrong-version', `this version speaks version ${protocolVersion} of the hand-off`)
  }
  if (type === 'status') return { v, type, token }
  if (type !== 'launch') return refusal('unknown-request', 'this version does not know this request')
  const launch = parseLaunch(value.launch)
  return launch ? { v, type, token, launch, patience: patienceOf(value) } : notUnderstood()
}

function parseLaunch(value: unknown): Launch | undefined {
  const launch = value as Record<keyof Launch, unknown> | null | undefined
  if (typeof launch?.cwd !== 'string') return undefined
  const { id = randomHex(16), argv, cwd, files, urls = [], activationToken } = launch
  if (!isId(id) || !isTexts(argv) || !isTexts(files) || !isTexts(urls)) return undefined
  return { id, argv, cwd, files, urls, ...(typeof activationToken === 'string' && { activationToken }) }
}

// The owner keeps ids, so they have to be short.
function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 64
}

function patienceOf({ patience }: Record<string, unknown>): number {
  if (typeof patience !== 'number') return defaultPatience
  return Math.min(Math.max(0, patience), longestPatience)
}

function notUnderstood(): Refusal {
  return refusal('not-understood', 'this request is not understood')
}

function isSameSecret(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
