import { Game, ListFailed } from './game.ts'
import type { Step } from './steps.ts'
import { textOf } from './text.ts'

/** How long smaller lists are tried after one has failed, in milliseconds. */
const longestShrinking = 60_000
/** A pool keeps something for the names of every list. */
const listsPerGame = 500

/** One game for many lists: opening a pool takes longer than playing a list. */
export class Games {
  readonly #mode: 'threads' | 'inline'
  readonly #started = Date.now()
  #game: Game | undefined
  #lists = 0
  #failure: { readonly list: number; readonly at: number; readonly message: string } | undefined

  constructor(mode: 'threads' | 'inline') {
    this.#mode = mode
  }

  /** @throws {ListFailed} */
  async play(steps: readonly Step[]): Promise<void> {
    // What is left untried passes, and fast-check is left with the smallest list that has failed.
    if (this.#failure && Date.now() - this.#failure.at > longestShrinking) return
    this.#lists++
    if (this.#lists % listsPerGame === 0) await this.close()
    this.#game ??= await Game.open(this.#mode)
    try {
      await this.#game.play(this.#lists, steps)
    } catch (error) {
      const { message } = error as Error
      this.#failure ??= { list: this.#lists, at: Date.now(), message }
      // A pool that hangs, or fails in a way that was not foreseen, plays no more.
      if (!(error instanceof ListFailed && error.isMismatch)) await this.#abandon()
      throw error
    }
  }

  /** What there is to say about the smallest list that fast-check has found. */
  async reportOn(found: readonly Step[]): Promise<string> {
    const smallest = await this.#withoutIdleSteps(found)
    await this.#abandon()
    const onNewPool = await this.#onNewPool(smallest)
    const first = `The first that failed was list ${this.#failure?.list}: ${this.#failure?.message}`
    return `The smallest list that fails:\n${textOf(smallest)}\nOn a new pool: ${onNewPool}\n${first}`
  }

  /** fast-check drops steps from the front first, and is left with idle ones at the end. */
  async #withoutIdleSteps(found: readonly Step[]): Promise<readonly Step[]> {
    let smallest = found
    for (let index = found.length - 1; index >= 0; index--) {
      const shorter = smallest.toSpliced(index, 1)
      if (await this.play(shorter).then(() => false, () => true)) smallest = shorter
    }
    return smallest
  }

  async #onNewPool(steps: readonly Step[]): Promise<string> {
    const game = await Game.open(this.#mode)
    // Every connection has read the schema by then.
    await game.play(1, [])
    return game
      .play(2, steps)
      .then(() => 'it does not fail', (error: Error) => error.message)
      .finally(() => game.close().catch(() => undefined))
  }

  async close(): Promise<void> {
    this.#game?.checkIntegrity()
    await this.#game?.close()
    this.#game = undefined
    if (process.env.PROPERTY_VERBOSE) {
      const each = (Date.now() - this.#started) / this.#lists
      console.log(`${this.#mode}: ${this.#lists} lists, ${each.toFixed(1)} ms each`)
    }
  }

  async #abandon(): Promise<void> {
    const game = this.#game
    this.#game = undefined
    await game?.close().catch(() => undefined)
  }
}
