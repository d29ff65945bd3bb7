import { test } from 'playwright/test'

/** Skips the running test and prints why, which Playwright's list of results does not. */
export function skipWhen(condition: boolean, reason: string): void {
  if (condition) console.log(`skipped: ${reason}`)
  test.skip(condition, reason)
}
