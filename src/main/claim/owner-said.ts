import type { OwnerActivity } from '../handoff/messages/protocol.ts'

/** What an owner says that it is doing: an open question comes before the work that waits for it. */
export class OwnerSaid {
  readonly #publish: (activity: OwnerActivity) => void
  #activity: OwnerActivity = { state: 'starting' }
  #isAsking = false

  constructor(publish: (activity: OwnerActivity) => void) {
    this.#publish = publish
  }

  /** Nothing comes after `quitting`. */
  does(activity: OwnerActivity): void {
    if (this.#activity.state === 'quitting') return
    this.#activity = activity
    this.#say()
  }

  asks(isAsking: boolean): void {
    this.#isAsking = isAsking
    if (this.#activity.state !== 'quitting') this.#say()
  }

  #say(): void {
    const { state } = this.#activity
    const hasQuestion = this.#isAsking && (state === 'starting' || state === 'migrating')
    this.#publish(hasQuestion ? { state: 'asking' } : this.#activity)
  }
}
