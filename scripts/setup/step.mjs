// @ts-check

export class SetupError extends Error {
  /**
   * @param {string} step
   * @param {string} reason
   * @param {string} next what to try
   */
  constructor(step, reason, next) {
    super(`set-up: ${step}: failed: ${reason}\nset-up: next: ${next}`)
    this.name = 'SetupError'
    this.reason = reason
  }
}

/** @param {string} text */
export const say = (text) => process.stderr.write(`set-up: ${text}\n`)

/**
 * A slow piece of the set-up: a line when it starts, a line when it ends, an error that says what to try.
 * @template T
 * @param {{ name: string, doing: string, next: string }} about
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step({ name, doing, next }, work) {
  const started = performance.now()
  say(`${name}: ${doing} …`)
  try {
    const result = await work()
    say(`${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`)
    return result
  } catch (error) {
    throw new SetupError(name, error instanceof Error ? error.message : String(error), next)
  }
}

/**
 * How every script ends when it cannot go on: a set-up's failure needs no stack trace to be understood.
 * @param {unknown} error
 * @returns {never}
 */
export function fail(error) {
  process.stderr.write(
    `${error instanceof SetupError ? error.message : (error instanceof Error && error.stack) || error}\n`,
  )
  process.exit(1)
}
