import { findDataDirectory } from '../directory/data-directory.ts'
import type { DataDirLock } from '../lock/data-dir-lock.ts'
import type { OpenPool } from './open-pool.ts'

/** What one call of `connect`, or one claim, holds of a database. */
export interface Reference {
  /** The path that `connect` was given; undefined for a claim. Only the claim itself gives its reference back. */
  readonly givenDir: string | undefined
}

/** A database that is open, or being opened. Plain data: another copy of this package may have put it here. */
export interface Entry {
  readonly key: string
  readonly name: string
  /** undefined where the skip variable was set for everybody who opened it. */
  lock: DataDirLock | undefined
  readonly references: Set<Reference>
  readonly opening: Promise<OpenPool>
  /** Stops the open at its next step, when no call waits for it any more. */
  readonly canceling: AbortController
  closing: Promise<void> | undefined
}

interface Registry {
  readonly entries: Map<string, Entry>
  /** What keeps a database from being opened until it is done. Never rejected. */
  readonly shut: Map<string, Promise<void>>
}

// On globalThis, as the locks are: two copies of this package in one process share a lock, and two writers under it
// would be as bad as two owners.
const registryKey = Symbol.for('electron-datadir.pools.v2')
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

/**
 * Gives a reference back. After the last one, the database is closed and then the lock is released.
 *
 * @returns a promise that resolves when that is done.
 */
export async function giveBack(entry: Entry, reference: Reference): Promise<void> {
  const isItsOwn = entry.references.delete(reference)
  // A path does not identify one call of `connect`, so `release` may have given this reference back for another.
  if (!isItsOwn && reference.givenDir !== undefined) {
    const other = releasableOf(entry, reference.givenDir)
    if (other) entry.references.delete(other)
  }
  if (entry.references.size === 0) await closeEntry(entry)
}

/**
 * Finds the reference that `release` gives back. The text of the path is compared first, because the path may now lead
 * to another directory than at the time of `connect`, and that directory may be open for another reason.
 *
 * @returns undefined if no `connect` has opened that directory.
 */
export function findReleasable(
  dir: string,
  name: string,
): { entry: Entry; reference: Reference } | undefined {
  const sameText = [...entries.values()].filter(
    (entry) => entry.name === name && [...entry.references].some(({ givenDir }) => givenDir === dir),
  )
  const key = sameText.length === 1 ? sameText[0]?.key : findKey(dir, name)
  const entry = key === undefined ? undefined : entries.get(key)
  const reference = entry && releasableOf(entry, dir)
  return reference && { entry, reference }
}

function releasableOf({ references }: Entry, dir: string): Reference | undefined {
  const releasable = [...references].filter(({ givenDir }) => givenDir !== undefined)
  return releasable.find(({ givenDir }) => givenDir === dir) ?? releasable[0]
}

/** Closes a database, then releases its lock, whoever still refers to it. */
export function closeEntry(entry: Entry): Promise<void> {
  entry.references.clear()
  entry.closing ??= startClosing(entry)
  return entry.closing
}

function startClosing(entry: Entry): Promise<void> {
  forget(entry)
  return shutWhile(entry.key, closeInOrder(entry))
}

/** The next `connect` opens the database again, even if this one has not been closed yet. */
export function forget(entry: Entry): void {
  if (registry.entries.get(entry.key) === entry) registry.entries.delete(entry.key)
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
  await Promise.all([...registry.shut.values(), ...[...registry.entries.values()].map(closeEntry)])
}
