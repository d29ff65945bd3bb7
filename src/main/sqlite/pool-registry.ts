import type { DataDirLock } from '../lock/data-dir-lock.ts'
import { findDataDirectory } from '../lock/data-directory.ts'
import type { OpenPool } from './open-pool.ts'

/** A database that is open, or being opened. Plain data: another copy of this package may have put it here. */
export interface Entry {
  /** undefined where the skip variable was set for everybody who opened it. */
  lock: DataDirLock | undefined
  references: number
  readonly opening: Promise<OpenPool>
}

interface Registry {
  readonly entries: Map<string, Entry>
  /** What keeps a database from being opened until it is done. Never rejected. */
  readonly shut: Map<string, Promise<void>>
}

// On globalThis, as the locks are: two copies of this package in one process share a lock, and two writers under it
// would be as bad as two owners.
const registryKey = Symbol.for('electron-datadir.pools.v1')
const registryHolder = globalThis as { [registryKey]?: Registry }
registryHolder[registryKey] ??= { entries: new Map(), shut: new Map() }
const registry = registryHolder[registryKey]

/** Every database that this process has open, or is opening. */
export const entries = registry.entries

export function keyOf(directoryId: string, name: string): string {
  return `${directoryId}/${name}`
}

/** @returns undefined where there is no such directory. */
export function findKey(dir: string, name: string): string | undefined {
  const directory = findDataDirectory(dir)
  return directory && keyOf(directory.id, name)
}

/** Whether this process has the database of a data directory open, or is opening, closing or restoring it. */
export function isInUse(dir: string, name: string): boolean {
  const key = findKey(dir, name)
  return key !== undefined && (registry.entries.has(key) || registry.shut.has(key))
}

/** Resolves when the database may be opened. */
export async function untilShutNoMore(key: string): Promise<void> {
  await registry.shut.get(key)
}

/** Keeps everybody in this process from opening a database until some work on its file is done. */
export function shutWhile<Result>(key: string, work: Promise<Result>): Promise<Result> {
  const done = work.then(
    () => undefined,
    () => undefined, // Whoever has the work done is told.
  )
  const shut = done.then(() => {
    // It may have been opened and closed again meanwhile.
    if (registry.shut.get(key) === shut) registry.shut.delete(key)
  })
  registry.shut.set(key, shut)
  return work
}

/** Closes a database, then releases its lock, whoever still refers to it. */
export function closeEntry(key: string, entry: Entry): Promise<void> {
  registry.entries.delete(key)
  return shutWhile(key, closeInOrder(entry))
}

async function closeInOrder({ opening, lock }: Entry): Promise<void> {
  try {
    const pool = await opening.catch(() => undefined) // Whoever opened it was told; there is nothing to close.
    await pool?.db.destroy()
  } finally {
    lock?.release()
  }
}

/** Closes every database, and waits for those that are being closed. */
export async function closeAll(): Promise<void> {
  await Promise.all([
    ...registry.shut.values(),
    ...[...registry.entries].map(([key, entry]) => closeEntry(key, entry)),
  ])
}
