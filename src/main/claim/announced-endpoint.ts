import { createEndpoint, type Endpoint } from '../handoff/endpoint/endpoint.ts'
import type { OwnerActivity } from '../handoff/messages/protocol.ts'
import { HandoffServer, type HandoffServerOptions } from '../handoff/owner/handoff-server.ts'
import type { LockReference } from '../lock/data-dir-lock.ts'
import { randomHex } from '../runtime/random-hex.ts'

/** Where contenders reach this owner. */
export class AnnouncedEndpoint {
  readonly #lock: LockReference
  readonly #endpoint: Endpoint
  readonly #token = randomHex(16)
  #server: HandoffServer | undefined

  /**
   * Writes the endpoint into the owner record before the server listens, because this thread may be blocked by then.
   * Contenders try for at least 1 s.
   *
   * @returns undefined if no server can listen.
   */
  static announce(lock: LockReference): AnnouncedEndpoint | undefined {
    try {
      return new AnnouncedEndpoint(lock, createEndpoint(lock.dir, lock.name))
    } catch {
      // For instance, a folder is in the socket's place. The data is still this process's. A contender that finds no
      // endpoint in the record reports that the owner takes no launches.
      return undefined
    }
  }

  private constructor(lock: LockReference, endpoint: Endpoint) {
    this.#lock = lock
    this.#endpoint = endpoint
    lock.publish({ endpoint: endpoint.path, token: this.#token })
  }

  listen(options: Pick<HandoffServerOptions, 'owner' | 'onLaunch'>): void {
    this.#server = new HandoffServer({
      ...options,
      endpoint: this.#endpoint,
      token: this.#token,
      lockLost: this.#lock.lost,
      onEnd: () => this.#removeFromRecord(),
    })
  }

  publish(activity: OwnerActivity): void {
    this.#server?.publish(activity)
  }

  async close(): Promise<void> {
    try {
      if (this.#server) await this.#server.close()
      else if (!this.#lock.lost.aborted) this.#endpoint.remove()
    } finally {
      // The lock may have other references, and be claimed again.
      this.#removeFromRecord()
    }
  }

  /** An empty text in the record reads as none. */
  #removeFromRecord(): void {
    this.#lock.publish({ endpoint: '' })
  }
}
