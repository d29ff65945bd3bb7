// @ts-check

export class SetupError extends Error {
  /**
   * @param {string} step
   * @param {string} reason
   * @param {string} next what to do next
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
 * Runs a slow part of the set-up. Prints a line when it starts and when it ends. Its error says what to do next.
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
 * Ends a script after an error. A failure of the set-up is printed without a stack trace.
 * @param {unknown} error
 * @returns {never}
 */
export function fail(error) {
  process.stderr.write(
    `${error instanceof SetupError ? error.message : (error instanceof Error && error.stack) || error}\n`,
  )
  process.exit(1)
}
