import { existsSync, statSync } from 'node:fs'
import { attempt } from '../../../shared/attempt.ts'
import type { ConnectionSetup } from '../../runtime/connection-setup.ts'
import { isMarkedForCheck } from '../files/check-mark.ts'
import type { DatabaseFiles } from '../files/database-files.ts'
import { Connector } from './connector.ts'
import { madeMigrations } from './open-checks.ts'
import { type OpenWriter, openWriter } from './open-writer.ts'

/** A log of this size is read in a few milliseconds when SQLite opens it after a crash. */
const largestLog = 2 ** 22

/** A connection on the main thread, for the time before the threads are open. */
export interface EarlyConnection {
  readonly connection: OpenWriter['connection']
  readonly files: DatabaseFiles
  /** Whether all migrations of the app have run. */
  readonly isUpToDate: boolean
}

/**
 * Opens a database on the main thread with all checks of {@link openWriter}, if that takes a few milliseconds.
 *
 * @param migrations the names of the migrations that the app has.
 * @returns undefined if it may take longer, or if it failed. Nothing is open then. A thread opens the database and reports
 * the reason.
 */
export async function openEarly(
  path: string,
  migrations: readonly string[],
  setup: ConnectionSetup,
): Promise<EarlyConnection | undefined> {
  if (hasSetup(setup) || mayTakeLong(path)) return undefined
  const connector = await Connector.load(setup)
  // This thread must not wait for another program.
  const opened = attempt(() => openWriter({ path, migrations, connector, fileId: undefined, timeout: 0 }))
  if (!opened) return undefined
  const { connection, files } = opened
  const made = attempt(() => new Set(madeMigrations(connection)))
  // Without shared memory the database can have one connection only.
  if (files && made) return { connection, files, isUpToDate: migrations.every((name) => made.has(name)) }
  connection.close()
  files?.close()
  return undefined
}

/** Deriving a key takes long, and the app's own code may take long or expect a thread. */
function hasSetup({ driver, key, extensions, attach, connection }: ConnectionSetup): boolean {
  const own = driver ?? key ?? connection
  return own !== undefined || extensions.length > 0 || attach.length > 0
}

/** A thread creates the file, checks or repairs it, or recovers it from a long log. */
function mayTakeLong(path: string): boolean {
  const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0
  return (
    sizeOf(path) === 0 ||
    sizeOf(`${path}-wal`) > largestLog ||
    existsSync(`${path}-journal`) ||
    isMarkedForCheck(path)
  )
}
