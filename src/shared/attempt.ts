/**
 * Runs work whose failure makes no difference to the caller.
 *
 * @returns undefined if it throws.
 */
export function attempt<Result>(work: () => Result): Result | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
