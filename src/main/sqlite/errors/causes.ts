import { closeSync, openSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { causesOf, explained, type SystemFailure, systemFailureIn } from '../../../shared/system-failure.ts'
import { accessFailureOf } from '../../directory/errors.ts'
import type { Holder } from '../../owner/holder.ts'
import { findRecordLockHolder, nameOfHolder } from '../../owner/holder.ts'
import { betterSqlite3 } from '../../runtime/better-sqlite3.ts'

/** What is known about the cause of an error. It can be sent to another thread. */
export interface FailureFacts {
  /** What SQLite or the system ran into; undefined if it was neither. */
  readonly failure?: SystemFailure | undefined
  /** The process that keeps the database locked, if the kernel names it. */
  readonly holder?: Holder | undefined
}

/** The facts that an error and its causes carry. */
export function factsIn(error: unknown): FailureFacts {
  const failure = systemFailureIn(error)
  const holder = failure?.kind === 'busy' ? holderIn(error) : undefined
  return holder && failure ? { failure: { ...failure, ...wordsAbout(holder) }, holder } : { failure }
}

/** The holder that an error or one of its causes names. */
export function holderIn(error: unknown): Holder | undefined {
  for (const cause of causesOf(error)) {
    if ('holder' in cause && cause.holder) return cause.holder as Holder
  }
  return undefined
}

/** The message of an error of SQLite about a locked database, with the holder. */
export function namingHolder(message: string, holder: Holder | undefined): string {
  return holder ? `${message} by ${nameOfHolder(holder)}` : message
}

function wordsAbout(holder: Holder): { what: string; remedy: string } {
  const name = nameOfHolder(holder)
  return { what: `the database is locked by ${name}`, remedy: `Close ${name}, then try again.` }
}

/**
 * The facts about a database that could not be opened. SQLite gives one code for many causes, so this looks at the files
 * without opening them: closing them would drop the locks of another connection of this process.
 */
export function factsOfOpening(databasePath: string, error: unknown): FailureFacts {
  const facts = factsIn(error)
  switch (facts.failure?.kind) {
    case 'busy': {
      const holder = facts.holder ?? findDatabaseHolder(databasePath)
      return holder ? { failure: { ...facts.failure, ...wordsAbout(holder) }, holder } : facts
    }
    case 'cannot-open':
    case 'disk-error':
    case 'read-only':
    case 'no-permission':
      return { failure: closerLook(databasePath) ?? facts.failure }
    case undefined:
      return { failure: closerLook(databasePath) }
    default:
      return facts
  }
}

/** The other process that keeps a database locked, if the kernel names it. */
export function findDatabaseHolder(databasePath: string): Holder | undefined {
  return findRecordLockHolder([databasePath, `${databasePath}-shm`])
}

/** What SQLite uses beside a database: sqlite.org/tempfiles.html. */
export function filesOf(databasePath: string): [string, ...string[]] {
  return [databasePath, ...['-wal', '-shm', '-journal'].map((ending) => databasePath + ending)]
}

function closerLook(databasePath: string): SystemFailure | undefined {
  try {
    return lookAtFiles(databasePath)
  } catch (error) {
    return systemFailureIn(error)
  }
}

function lookAtFiles(databasePath: string): SystemFailure | undefined {
  const files = filesOf(databasePath)
  const folder = files.find((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory())
  if (folder !== undefined) return { ...explained('is-a-folder', 'EISDIR'), path: folder }
  return accessFailureOf(files) ?? folderFailure(dirname(databasePath))
}

/** @throws the system's error if the folder cannot be opened. */
function folderFailure(dir: string): SystemFailure | undefined {
  closeSync(openSync(dir, 'r'))
  return statfsSync(dir).bavail === 0 ? explained('no-space', 'ENOSPC') : undefined
}

/**
 * What happened, with the file that the system names and the code. The file is left out if the sentence is about it.
 *
 * @param path the file that the sentence is about.
 */
export function wordsOf({ what, code, path }: SystemFailure, about?: string): string {
  const where = path === undefined || path === about || what.includes(path) ? '' : `${path}: `
  return `${where}${what} (${code})`
}

export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

/**
 * Whether an error is SQLite's report of damage: sqlite.org/rescode.html#corrupt. FTS5 has no code for a table whose
 * settings are lost.
 */
export function isCorruption(error: unknown): error is Error & { readonly code: string } {
  if (!(error instanceof betterSqlite3().SqliteError)) return false
  return /^SQLITE_(CORRUPT|NOTADB)/.test(error.code) || error.message.startsWith('invalid fts5 file format')
}

/** @param words what is damaged, in SQLite's own words. */
export function corruption(words: string): Error {
  return new (betterSqlite3().SqliteError)(words, 'SQLITE_CORRUPT')
}
