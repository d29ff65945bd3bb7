import { MigrationAbortedError } from './open-errors.ts'

/**
 * Stops an open between two of its steps.
 *
 * @throws {MigrationAbortedError} when the signal has aborted.
 */
export function throwIfCanceled(path: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new MigrationAbortedError(path, signal.reason)
}
