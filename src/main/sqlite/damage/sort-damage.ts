import type { Database } from 'better-sqlite3'
import { betterSqlite3 } from '../../runtime/better-sqlite3.ts'
import { isCorruption } from '../errors/corruption.ts'
import { examine, type Findings } from './examine-damage.ts'

/**
 * Finds out whether everything that is damaged in a database can be made again from its rows. Only reads.
 *
 * The caller holds the lock.
 *
 * @throws better-sqlite3's SqliteError if the file cannot be read for a reason other than damage.
 */
export function sortDamage(databasePath: string): Findings['damage'] {
  try {
    const connection = new (betterSqlite3())(databasePath, { readonly: true, fileMustExist: true })
    try {
      return damageOf(connection)
    } finally {
      connection.close()
    }
  } catch (error) {
    if (isCorruption(error)) return 'data'
    throw error
  }
}

/** @throws better-sqlite3's SqliteError if the schema is damaged, or if the file cannot be read for another reason. */
function damageOf(connection: Database): Findings['damage'] {
  configureForExamining(connection)
  return examine(connection).damage
}

/** Sets what sqlite.org/security.html asks for if a database file cannot be trusted. */
export function configureForExamining(connection: Database): void {
  connection.pragma('trusted_schema = OFF')
  connection.pragma('cell_size_check = ON')
}
