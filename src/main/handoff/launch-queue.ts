import { Deferred } from './deferred.ts'
import type { Launch, LaunchOutcome } from './protocol.ts'

export type TakeLaunch = (launch: Launch) => Promise<LaunchOutcome>

/** How many launches may wait or be under way at a time. */
export const launchLimit = 64
/** How many launches are remembered after they were delivered. */
const rememberedLaunches = 256
/** A launch whose handler waits for a person, in a dialog for instance, holds up the next no longer than this. */
const turnMilliseconds = 10_000

/** Gives launches to the app: in order, one after another, each id once, and none before the app is ready. */
export class LaunchQueue {
  readonly #take: TakeLaunch
  readonly #known = new Map<string, Promise<LaunchOutcome>>()
  readonly #ready = new Deferred()
  #turn: Promise<unknown> = this.#ready.promise
  #underWay = 0
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
   * forgotten, so that it can be tried again. undefined when too many are waiting.
   */
  add(launch: Launch): Promise<LaunchOutcome> | undefined {
    const known = this.#known.get(launch.id)
    if (known) return known
    if (this.#underWay >= launchLimit) return undefined
    this.#underWay++
    const outcome = this.#turn.then(() => this.#deliver(launch))
    this.#turn = this.#turn.then(() => Promise.race([settled(outcome), turnEnd()]))
    this.#known.set(launch.id, outcome)
    outcome
      .then(
        () => this.#forgetOldest(),
        () => this.#known.delete(launch.id),
      )
      .finally(() => this.#underWay--)
    return outcome
  }

  async #deliver(launch: Launch): Promise<LaunchOutcome> {
    if (this.#isClosed) throw new Error('it is quitting')
    return this.#take(launch)
  }

  #forgetOldest(): void {
    for (const id of this.#known.keys()) {
      if (this.#known.size <= rememberedLaunches) return
      this.#known.delete(id)
    }
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
