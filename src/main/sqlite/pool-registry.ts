import { type DataDirectory, findDataDirectory } from '../directory/data-directory.ts'
import type { LockReference } from '../lock/data-dir-lock.ts'
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
  /** The entry's own reference to the lock; undefined if the skip variable was set for all who opened the database. */
  lock: LockReference | undefined
  readonly references: Set<Reference>
  readonly opening: Promise<OpenPool>
  /** Stops the open at its next step, when no call waits for it any more. */
  readonly canceling: AbortController
  closing: Promise<void> | undefined
}

interface Registry {
  readonly entries: Map<string, Entry>
  /** The work on a database that an open waits for. Never rejected. */
  readonly shut: Map<string, Promise<void>>
}

// On globalThis, as the locks are. Two copies of this package in one process share a lock, and two writers under that lock
// would be as bad as two owners.
const registryKey = Symbol.for('electron-datadir.pools.v2')
const registryHolder = globalThis as { [registryKey]?: Registry }
registryHolder[registryKey] ??= { entries: new Map(), shut: new Map() }
const registry = registryHolder[registryKey]

/** Every database that this process has open, or is opening. */
export const entries = registry.entries

export function keyOf(directory: DataDirectory, name: string): string {
  return `${directory.id}/${name}`
}

/** Whether this process has a database open, or is opening, closing or restoring it. */
export function isInUse(key: string): boolean {
  return registry.entries.has(key) || registry.shut.has(key)
}

/** Resolves when the database is neither closing nor being restored. */
export async function untilMayOpen(key: string): Promise<void> {
  await registry.shut.get(key)
}

/** Makes every open of a database in this process wait for some work on its file. */
export function delayOpens<Result>(key: string, work: Promise<Result>): Promise<Result> {
  const done = work
    .catch(() => undefined) // The caller gets the error.
    .then(() => {
      // It may have been opened and closed again meanwhile.
      if (registry.shut.get(key) === done) registry.shut.delete(key)
    })
  registry.shut.set(key, done)
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
 * Gives back one reference of `connect`, found by path. The text of the path is compared first, because the path may now
 * lead to another directory than at the time of `connect`, and that directory may be open for another reason.
 */
export async function giveBackByPath(dir: string, name: string): Promise<void> {
  const sameText = [...entries.values()].filter(
    (entry) => entry.name === name && [...entry.references].some(({ givenDir }) => givenDir === dir),
  )
  const entry = sameText.length === 1 ? sameText[0] : findEntry(dir, name)
  const reference = entry && releasableOf(entry, dir)
  if (reference) await giveBack(entry, reference)
}

function findEntry(dir: string, name: string): Entry | undefined {
  const directory = findDataDirectory(dir)
  return directory && entries.get(keyOf(directory, name))
}

function releasableOf({ references }: Entry, dir: string): Reference | undefined {
  const releasable = [...references].filter(({ givenDir }) => givenDir !== undefined)
  return releasable.find(({ givenDir }) => givenDir === dir) ?? releasable[0]
}

/** Closes a database, then releases its lock, even if there are references left. */
function closeEntry(entry: Entry): Promise<void> {
  entry.references.clear()
  if (!entry.closing) {
    forget(entry)
    entry.closing = delayOpens(entry.key, closeInOrder(entry))
  }
  return entry.closing
}

/** The next `connect` opens the database again, even if this one has not been closed yet. */
export function forget(entry: Entry): void {
  if (entries.get(entry.key) === entry) entries.delete(entry.key)
}

async function closeInOrder({ opening, lock }: Entry): Promise<void> {
  try {
    const pool = await opening.catch(() => undefined) // If the open failed, there is nothing to close.
    await pool?.db.destroy()
  } finally {
    lock?.release()
  }
}

/** Closes every database, and waits for those that are being closed. */
export async function closeAll(): Promise<void> {
  await Promise.all([...registry.shut.values(), ...[...entries.values()].map(closeEntry)])
}
