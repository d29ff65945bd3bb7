import { Deferred } from '../messages/deferred.ts'
import type { Launch, LaunchOutcome } from '../messages/protocol.ts'

export type TakeLaunch = (launch: Launch) => Promise<LaunchOutcome>

/** How many launches are remembered after they were delivered. */
const rememberedLaunches = 256
/** A launch whose handler waits for a person, in a dialog for instance, holds up the next no longer than this. */
const turnMilliseconds = 10_000

/** Gives launches to the app: in order, one after another, each id once, and none before the app is ready. */
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

  /** From now on launches are delivered. */
  open(): void {
    this.#ready.resolve()
  }

  /** From now on none is: the app is quitting, and contenders keep what it has not begun with. */
  close(): void {
    this.#isClosed = true
  }

  /**
   * @returns what becomes of the launch: of the one that came first, where several have its id. One that failed is
   * forgotten, so that it can be tried again.
   */
  async add(launch: Launch): Promise<LaunchOutcome> {
    const { id } = launch
    const known = this.#delivered.get(id) ?? this.#underWay.get(id)
    if (known) return known
    const outcome = this.#turn.then(() => this.#deliver(launch))
    this.#turn = this.#turn.then(() => Promise.race([settled(outcome), turnEnd()]))
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

function settled(promise: Promise<unknown>): Promise<void> {
  return promise.then(
    () => undefined,
    () => undefined,
  )
}

function turnEnd(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, turnMilliseconds).unref()
  })
}
