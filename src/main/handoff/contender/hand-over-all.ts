import type { Launch, LaunchReply } from '../messages/protocol.ts'
import { type AskOptions, handOver } from './client.ts'
import type { Reachable } from './conversation.ts'

/**
 * Hands launches over, one after another, until the owner does not take one.
 *
 * @param launches at least one.
 * @returns the last reply. All of them can be handed over again: by their ids the owner knows which it has.
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
