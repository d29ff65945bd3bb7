import { closeSync, openSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { causesOf, explained, type SystemFailure, systemFailureIn } from '../../../shared/system-failure.ts'
import { accessFailureOf } from '../../directory/errors.ts'
import type { Holder } from '../../owner/holder.ts'
import { findRecordLockHolder, nameOfHolder } from '../../owner/holder.ts'
import { isSqliteError, sqliteError } from '../../runtime/better-sqlite3.ts'

/** What is known about the cause of an error. It can be sent to another thread. */
export interface FailureFacts {
  /** The problem that SQLite or the system reported; undefined if neither reported one. */
  readonly failure?: SystemFailure | undefined
  /** The process that keeps the database locked, if the kernel names it. */
  readonly holder?: Holder | undefined
}

/** The facts that an error and its causes carry. */
export function factsIn(error: unknown): FailureFacts {
  const failure = systemFailureIn(error)
  return failure?.kind === 'busy' ? busyFacts(failure, holderIn(error)) : { failure }
}

function busyFacts(failure: SystemFailure, holder: Holder | undefined): FailureFacts {
  if (!holder) return { failure }
  const name = nameOfHolder(holder)
  const words = { what: `the database is locked by ${name}`, remedy: `Close ${name}, then try again.` }
  return { failure: { ...failure, ...words }, holder }
}

/** The holder that an error or one of its causes names. */
export function holderIn(error: unknown): Holder | undefined {
  for (const cause of causesOf(error)) {
    if ('holder' in cause && cause.holder) return cause.holder as Holder
  }
  return undefined
}

/** Adds the holder to SQLite's message about a locked database. */
export function namingHolder(message: string, holder: Holder | undefined): string {
  return holder ? `${message} by ${nameOfHolder(holder)}` : message
}

/**
 * The facts about a database that could not be opened. SQLite has one code for many causes, so this looks at the files.
 * It does not open them: closing them would drop the locks of another connection of this process.
 */
export function factsOfOpening(databasePath: string, error: unknown): FailureFacts {
  const failure = systemFailureIn(error)
  if (failure?.kind === 'busy') return busyFacts(failure, holderIn(error) ?? findDatabaseHolder(databasePath))
  const isUnclear = !failure || /^(cannot-open|disk-error|read-only|no-permission)$/.test(failure.kind)
  return { failure: (isUnclear && lookAtFiles(databasePath)) || failure }
}

/** The other process that keeps a database locked, if the kernel names it. */
export function findDatabaseHolder(databasePath: string): Holder | undefined {
  return findRecordLockHolder([databasePath, `${databasePath}-shm`])
}

/** The database and the files that SQLite uses next to it: sqlite.org/tempfiles.html. */
export function filesOf(databasePath: string): [string, ...string[]] {
  return [databasePath, ...['-wal', '-shm', '-journal'].map((ending) => databasePath + ending)]
}

function lookAtFiles(databasePath: string): SystemFailure | undefined {
  const files = filesOf(databasePath)
  const dir = dirname(databasePath)
  try {
    const folder = files.find((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory())
    if (folder !== undefined) return { ...explained('is-a-folder', 'EISDIR'), path: folder }
    const failure = accessFailureOf(files)
    if (failure) return failure
    closeSync(openSync(dir, 'r'))
    return statfsSync(dir).bavail === 0 ? explained('no-space', 'ENOSPC') : undefined
  } catch (error) {
    return systemFailureIn(error)
  }
}

/**
 * The cause of an error as words that fit after a colon. The file that the system names is left out if the sentence is
 * about that file.
 *
 * @param about the file that the sentence is about.
 */
export function causeInWords(failure: SystemFailure | undefined, cause: unknown, about: string): string {
  if (!failure) return messageOf(cause)
  const { what, code, path } = failure
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
  if (!isSqliteError(error)) return false
  return /^SQLITE_(CORRUPT|NOTADB)/.test(error.code) || error.message.startsWith('invalid fts5 file format')
}

/** An error as SQLite reports damage. @param words what is damaged, in SQLite's own words. */
export function corruption(words: string): Error {
  return sqliteError(words, 'SQLITE_CORRUPT')
}
