import type { Database } from 'better-sqlite3'
import { betterSqlite3 } from '../../runtime/better-sqlite3.ts'
import { examine, type Findings } from '../damage/examine-damage.ts'
import { quoted } from '../damage/rebuildable.ts'
import { configureForExamining } from '../damage/sort-damage.ts'
import { corruption, isCorruption } from '../errors/corruption.ts'

/**
 * Rebuilds indexes in one transaction.
 *
 * @returns what is damaged, if it was not rebuilt in place; the database is unchanged then.
 * @throws better-sqlite3's SqliteError: its code is `SQLITE_CORRUPT` if more than indexes is damaged.
 */
export function rebuildInPlace(databasePath: string): Findings | undefined {
  const connection = new (betterSqlite3())(databasePath, { fileMustExist: true })
  try {
    configureForExamining(connection)
    const findings = examine(connection)
    if (findings.damage === 'none') return undefined
    if (findings.damage === 'data') throw corruption(findings.words)
    // An index that contradicts the rows may be right: the file is kept.
    return findings.hasStrays || !tryInTransaction(connection, findings) ? findings : undefined
  } finally {
    connection.close()
  }
}

function tryInTransaction(connection: Database, findings: Findings): boolean {
  connection.exec('begin immediate')
  try {
    const isSound = rebuildUntilSound(connection, findings)
    connection.exec(isSound ? 'commit' : 'rollback')
    return isSound
  } catch (error) {
    if (connection.inTransaction) connection.exec('rollback')
    if (isCorruption(error)) return false
    throw error
  }
}

/**
 * @returns false if indexes are still damaged.
 * @throws better-sqlite3's SqliteError with code `SQLITE_CORRUPT` if the rows contradict a unique index.
 */
export function rebuildUntilSound(connection: Database, findings: Findings): boolean {
  let damaged = findings
  // SQLite may read the rows of a full-text table from an index, so damage to the first appears when the second is sound.
  for (let round = 0; round < 3 && damaged.damage === 'index'; round++) {
    runRebuild(connection, damaged)
    damaged = examine(connection)
  }
  return damaged.damage === 'none'
}

/** @throws as {@link rebuildUntilSound} does. */
export function runRebuild(connection: Database, { indexes, ftsTables }: Findings): void {
  try {
    for (const { name } of indexes) connection.exec(`reindex ${quoted(name)}`)
    for (const table of ftsTables) {
      const name = quoted(table.name)
      connection.exec(`insert into ${name} (${name}) values ('rebuild')`)
    }
  } catch (error) {
    if (error instanceof betterSqlite3().SqliteError && error.code.startsWith('SQLITE_CONSTRAINT'))
      throw corruption(error.message)
    throw error
  }
}
