import { createEndpoint, type Endpoint } from '../handoff/endpoint/endpoint.ts'
import type { OwnerActivity } from '../handoff/messages/protocol.ts'
import { HandoffServer, type HandoffServerOptions } from '../handoff/owner/handoff-server.ts'
import type { LockReference } from '../lock/data-dir-lock.ts'
import { randomHex } from '../runtime/random-hex.ts'

/**
 * Writes the endpoint into the owner record before the server listens, because this thread may be blocked by then.
 * Contenders try for at least 1 s.
 *
 * @returns undefined if no server can listen.
 */
export function announceEndpoint(lock: LockReference): ReturnType<typeof announce> | undefined {
  try {
    return announce(lock, createEndpoint(lock.dir, lock.name))
  } catch {
    // For instance, a folder is in the socket's place. The data is still this process's. A contender that finds no
    // endpoint in the record reports that the owner takes no launches.
    return undefined
  }
}

/** Where contenders reach this owner, from this call on. */
function announce(lock: LockReference, endpoint: Endpoint) {
  const token = randomHex(16)
  lock.publish({ endpoint: endpoint.path, token })
  let server: HandoffServer | undefined
  let isClosed = false
  let activity: OwnerActivity = { state: 'starting' }
  // An empty text in the record reads as none.
  const removeFromRecord = () => lock.publish({ endpoint: '' })
  return {
    listen(options: Pick<HandoffServerOptions, 'owner' | 'onLaunch' | 'onListening'>): void {
      if (isClosed) return
      server = new HandoffServer({
        ...options,
        endpoint,
        token,
        lockLost: lock.lost,
        onEnd: removeFromRecord,
      })
      server.publish(activity)
    },
    giveUp: removeFromRecord,
    publish(now: OwnerActivity): void {
      activity = now
      server?.publish(now)
    },
    async close(): Promise<void> {
      isClosed = true
      try {
        if (server) await server.close()
        else if (!lock.lost.aborted) endpoint.remove()
      } finally {
        // The lock may have other references, and be claimed again.
        removeFromRecord()
      }
    },
  }
}
