import { rmSync } from 'node:fs'
import type { TestInfo } from 'playwright/test'
import { waitFor } from '../../scripts/desktop/wait-for.mjs'
import { screenshot } from '../../scripts/desktop/windows.mjs'

/** A process that a test has started. */
export interface Started {
  kill(signal?: NodeJS.Signals): unknown
  readonly ended?: Promise<unknown>
  /** What it has written to stderr, if that is a function. */
  readonly stderr?: unknown
}

/**
 * Ends what a test has started, the newest first, and removes its folder. A test that has failed keeps a picture of the
 * screen and what its apps have written to stderr.
 */
export async function endTest(info: TestInfo, folder: string, started: Iterable<Started>): Promise<void> {
  const isFailed = info.status !== info.expectedStatus
  if (isFailed && process.platform === 'linux') screenshot(info.outputPath('screen.png'))
  for (const app of [...started].reverse()) {
    if (isFailed && typeof app.stderr === 'function') await info.attach('stderr', { body: app.stderr() })
    app.kill('SIGKILL')
    await app.ended
  }
  // Chromium's helper processes write into the profile until they notice that the app is gone.
  await waitFor('the folder of the test to be removed', () => isRemoved(folder) || undefined)
}

function isRemoved(folder: string): boolean {
  try {
    rmSync(folder, { recursive: true, force: true })
    return true
  } catch (error) {
    if (/^(ENOTEMPTY|EBUSY|EPERM)$/.test((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}
