import { Deferred } from '../messages/deferred.ts'
import {
  type BusyReply,
  type HandoffRequest,
  type OwnerActivity,
  type OwnerStatus,
  type Reply,
  refusal,
  protocolVersion as v,
} from '../messages/protocol.ts'
import type { MainThreadProbe } from './heartbeat.ts'
import type { Errand, ErrandResult, ThreadMessage, ThreadStart } from './thread-messages.ts'
import { newFate, withdrawErrand } from './thread-messages.ts'

/** How many errands may lie before the main thread, or be under way in it, at a time. */
const errandLimit = 64

/** Something an errand can come to, besides being done. */
type Ending = ErrandResult | 'out-of-patience' | 'hung-up' | 'quitting'

/** Answers requests on behalf of the owner. Runs in the server thread. */
export class OwnerAnswers {
  readonly #owner: ThreadStart['owner']
  readonly #probe: MainThreadProbe
  readonly #post: (message: ThreadMessage) => void
  readonly #waiting = new Map<number, (ending: Ending) => void>()
  readonly #underWay = new Set<number>()
  #activity: OwnerActivity
  #number = 0

  constructor(start: ThreadStart, probe: MainThreadProbe, post: (message: ThreadMessage) => void) {
    this.#owner = start.owner
    this.#activity = start.activity
    this.#probe = probe
    this.#post = post
  }

  setActivity(activity: OwnerActivity): void {
    this.#activity = activity
    if (activity.state !== 'quitting') return
    for (const end of this.#waiting.values()) end('quitting')
  }

  dropped(number: number): void {
    this.#underWay.delete(number)
  }

  settled(number: number, result: ErrandResult): void {
    this.#underWay.delete(number)
    this.#waiting.get(number)?.(result)
  }

  /** @param hungUp aborts when the caller leaves. */
  async answer(request: HandoffRequest, hungUp: AbortSignal): Promise<Reply> {
    switch (request.type) {
      case 'status':
        return { v, type: 'status', status: await this.#status() }
      case 'quit':
        return this.#send({ type: 'quit' }, request.patience, hungUp)
      case 'launch':
        return this.#send({ type: 'launch', launch: request.launch }, request.patience, hungUp)
    }
  }

  async #send(errand: Errand, patience: number, hungUp: AbortSignal): Promise<Reply> {
    if (this.#activity.state === 'quitting' || hungUp.aborted) return this.#busy()
    if (this.#underWay.size >= errandLimit)
      return refusal('queue-full', 'too many requests are waiting already')
    const number = ++this.#number
    const fate = newFate()
    const ended = this.#ending(number, patience, hungUp)
    this.#underWay.add(number)
    this.#post({ type: 'errand', number, errand, fate })
    const ending = await ended
    if (typeof ending === 'object') return { v, ...ending }
    if (ending === 'out-of-patience' && errand.type === 'launch' && this.#isComingBack) {
      return { v, type: 'queued', status: await this.#status() }
    }
    if (withdrawErrand(fate) || ending === 'quitting' || errand.type === 'quit') return this.#busy()
    return { v, type: 'queued', status: await this.#status() }
  }

  /** A main thread that is silent while it opens the database, or migrates it, is at work and will see to a launch. */
  get #isComingBack(): boolean {
    return this.#activity.state === 'starting' || this.#activity.state === 'migrating'
  }

  async #ending(number: number, patience: number, hungUp: AbortSignal): Promise<Ending> {
    const ended = new Deferred<Ending>()
    const timer = setTimeout(() => ended.resolve('out-of-patience'), patience)
    const onHungUp = () => ended.resolve('hung-up')
    hungUp.addEventListener('abort', onHungUp)
    this.#waiting.set(number, ended.resolve)
    try {
      return await ended.promise
    } finally {
      clearTimeout(timer)
      hungUp.removeEventListener('abort', onHungUp)
      this.#waiting.delete(number)
    }
  }

  async #busy(): Promise<BusyReply> {
    return { v, type: 'busy', status: await this.#status() }
  }

  async #status(): Promise<OwnerStatus> {
    return { ...this.#activity, silentFor: await this.#probe.silentFor(), ...this.#owner }
  }
}
