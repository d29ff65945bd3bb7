import { emitProcessWarning, warn } from '../directory/warnings.ts'
import type { HousekeepingClient } from './housekeeping/housekeeping-client.ts'
import { kyselyOn } from './kysely/dialect.ts'
import { isBusy } from './open/busy-wait.ts'
import type { InternalOpenOptions } from './open-options.ts'
import type { ConnectionPool } from './scheduling/connection-pool.ts'
import { unusableTables } from './unusable-tables.ts'

/** Does what can wait until the app has shown its window. */
export async function finishOpening(
  pool: ConnectionPool,
  options: Pick<InternalOpenOptions, 'onWarning'>,
): Promise<void> {
  await pool.startThreads()
  await warnOfUnusableTables(pool, options)
  await optimize(await pool.housekeeping())
}

/** Warns of virtual tables whose extension is not loaded. */
export async function warnOfUnusableTables(
  pool: ConnectionPool,
  { onWarning = emitProcessWarning }: Pick<InternalOpenOptions, 'onWarning'>,
): Promise<void> {
  const { path } = pool.scheduler
  // On the writer, because the readers have perhaps not opened the database yet.
  const unlogged = kyselyOn<unknown>(pool, { plugins: [], log: undefined }).connection()
  const unusable = await unlogged.execute((connection) => unusableTables(connection, path))
  if (unusable) warn(unusable, onWarning)
}

/** Lets SQLite gather the statistics that its query planner lacks. */
export async function optimize(housekeeping: HousekeepingClient): Promise<void> {
  await housekeeping.optimize().catch((error: unknown) => {
    // Another program writes. The statistics can wait.
    if (!isBusy(error)) throw error
  })
}
