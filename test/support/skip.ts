import type { TestContext } from 'vitest'

/** Skips the running test and prints why, which vitest's list of results does not. */
export function skip(ctx: TestContext, reason: string): never {
  console.warn(`skipped: ${ctx.task.name}: ${reason}.`)
  return ctx.skip(reason)
}
