import { Game } from './game.ts'
import type { Step } from './steps.ts'
import { textOf } from './text.ts'

/** How long smaller lists are tried after one has failed, in milliseconds. */
const longestShrinking = 60_000
/** How long a step of a smaller list may take, in milliseconds. */
const patience = 5_000
/** How often the smallest list is tried on a new pool. */
const attempts = 5
/** A pool stores something for the names of every list, so the number of lists is limited. */
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
    if (this.#failure) return this.#playAgain(steps, this.#failure.at)
    this.#lists++
    if (this.#lists % listsPerGame === 0) await this.close()
    this.#game ??= await Game.open(this.#mode)
    try {
      await this.#game.play(this.#lists, steps)
    } catch (error) {
      this.#failure = { list: this.#lists, at: Date.now(), message: (error as Error).message }
      await this.#abandon()
      throw error
    }
  }

  /**
   * Plays a smaller list. It counts as failed only if it also fails on a new pool, because a pool on which lists have
   * failed may stay broken. Lists that are not tried pass, so fast-check reports the smallest list that failed.
   */
  async #playAgain(steps: readonly Step[], failedAt: number): Promise<void> {
    if (Date.now() - failedAt > longestShrinking) return
    this.#lists++
    try {
      this.#game ??= await this.#newGame()
      await this.#game.play(this.#lists, steps)
    } catch {
      await this.#abandon()
      this.#game = await this.#newGame()
      await this.#game.play(this.#lists, steps)
    }
  }

  /** Lets all of its connections read the schema. */
  async #newGame(): Promise<Game> {
    const game = await Game.open(this.#mode, patience)
    await game.play(0, [])
    return game
  }

  /** The report about the smallest list that fast-check found. */
  async reportOn(found: readonly Step[]): Promise<string> {
    const smallest = await this.#withoutIdleSteps(found)
    await this.#abandon()
    const last = await this.#failureOnNewPool(smallest)
    const first = `The first that failed was list ${this.#failure?.list}: ${this.#failure?.message}`
    return `The smallest list that fails:\n${textOf(smallest)}\n${last}\n${first}`
  }

  /** Which reader gets a query, and when an abort arrives, varies between runs. */
  async #failureOnNewPool(steps: readonly Step[]): Promise<string> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const game = await this.#newGame()
      const failure = await game.play(this.#lists, steps).then(
        () => undefined,
        (error: Error) => error.message,
      )
      await game.close().catch(() => undefined)
      if (failure !== undefined) return failure
    }
    return `It does not fail on ${attempts} new pools.`
  }

  /** fast-check drops steps from the front first, and leaves useless steps at the end. */
  async #withoutIdleSteps(found: readonly Step[]): Promise<readonly Step[]> {
    for (const smaller of smallerLists(found)) {
      const fails = await this.play(smaller).then(
        () => false,
        () => true,
      )
      if (fails) return this.#withoutIdleSteps(smaller)
    }
    return found
  }

  async close(): Promise<void> {
    const game = this.#game
    this.#game = undefined
    game?.checkIntegrity()
    await game?.close()
    if (process.env.PROPERTY_VERBOSE) {
      const each = (Date.now() - this.#started) / this.#lists
      console.log(`${this.#mode}: ${this.#lists} lists, ${each.toFixed(1)} ms each`, game?.met)
    }
  }

  async #abandon(): Promise<void> {
    const game = this.#game
    this.#game = undefined
    await game?.close().catch(() => undefined)
  }
}

/** Each list without one step, and without one statement of one step. */
function* smallerLists(steps: readonly Step[]): Generator<readonly Step[]> {
  for (let index = steps.length - 1; index >= 0; index--) {
    const step = steps[index]
    if (!step) continue
    yield steps.toSpliced(index, 1)
    for (const smaller of smallerSteps(step)) yield steps.with(index, smaller)
  }
}

function smallerSteps(step: Step): Step[] {
  switch (step.step) {
    case 'queries':
    case 'connection':
      return step.calls.map((_, index) => ({ ...step, calls: step.calls.toSpliced(index, 1) }))
    case 'batch':
    case 'snapshot':
    case 'outside':
      return step.statements.map((_, index) => ({ ...step, statements: step.statements.toSpliced(index, 1) }))
    case 'transaction':
      return step.actions.map((_, index) => ({ ...step, actions: step.actions.toSpliced(index, 1) }))
    case 'stream':
      return []
  }
}
