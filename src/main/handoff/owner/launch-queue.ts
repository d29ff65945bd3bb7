import { Deferred } from '../../../shared/deferred.ts'
import type { Launch, LaunchOutcome } from '../messages/protocol.ts'

export type TakeLaunch = (launch: Launch) => Promise<LaunchOutcome>

/** How many launches the queue remembers after they were delivered. */
const rememberedLaunches = 256
/** A launch whose handler waits for a person, for example in a dialog, delays the next launch by no more than this. */
const turnMilliseconds = 10_000

/**
 * The launches of one owner, from other processes and from the system. Gives them to the app in the order of their
 * arrival, one after another, each id once, and none before the app is ready.
 */
export class LaunchQueue {
  readonly #take: TakeLaunch
  readonly #underWay = new Map<string, Promise<LaunchOutcome>>()
  readonly #delivered = new Map<string, LaunchOutcome>()
  readonly #ready = new Deferred()
  #turn: Promise<unknown> = this.#ready.promise
  #isClosed = false

  constructor(take: TakeLaunch) {
    this.#take = take
  }

  /** The app is ready: the queue delivers launches from now on. */
  open(): void {
    this.#ready.resolve()
  }

  /** The app is quitting: the queue delivers no further launch, and contenders keep theirs. */
  close(): void {
    this.#isClosed = true
  }

  /**
   * Launches with the same id share the outcome of the first one. A launch that failed is forgotten, so that it can be
   * tried again.
   */
  async add(launch: Launch): Promise<LaunchOutcome> {
    const { id } = launch
    const known = this.#delivered.get(id) ?? this.#underWay.get(id)
    if (known) return known
    const outcome = this.#turn.then(() => this.#deliver(launch))
    this.#turn = this.#turn.then(() => Promise.race([Promise.allSettled([outcome]), turnEnd()]))
    this.#underWay.set(id, outcome)
    try {
      this.#remember(id, await outcome)
      return outcome
    } finally {
      this.#underWay.delete(id)
    }
  }

  async #deliver(launch: Launch): Promise<LaunchOutcome> {
    if (this.#isClosed) throw new Error('it is quitting')
    return this.#take(launch)
  }

  #remember(id: string, outcome: LaunchOutcome): void {
    this.#delivered.set(id, outcome)
    const [oldest] = this.#delivered.keys()
    if (oldest !== undefined && this.#delivered.size > rememberedLaunches) this.#delivered.delete(oldest)
  }
}

function turnEnd(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, turnMilliseconds).unref()
  })
}
