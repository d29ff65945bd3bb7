/** Runs something that must fail and gives back what it threw. */
export async function thrownBy<E extends Error>(
  type: abstract new (...args: never[]) => E,
  run: () => unknown,
): Promise<E> {
  try {
    await run()
  } catch (error) {
    if (error instanceof type) return error
    throw error
  }
  throw new Error(`expected ${type.name}, but nothing was thrown`)
}
