import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A new empty directory, by its real path, removed when the test ends. */
export function temporaryDirectory(): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'datadir-test-')))
  // Again and again for a moment: a process that was killed may only just be ending, and still write there.
  onTestFinished(() => rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 }))
  return dir
}
