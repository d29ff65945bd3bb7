// @ts-check
// The worker of kysely-generic-sqlite's worker dialect, with the executor its README gives for better-sqlite3.
import SqliteDatabase from 'better-sqlite3'
import { parseBigInt } from 'kysely-generic-sqlite'
import { createNodeOnMessageCallback } from 'kysely-generic-sqlite/worker-helper-node'
import { setPragmas } from './fixture.mjs'

createNodeOnMessageCallback((/** @type {{ path: string }} */ { path }) => {
  const database = new SqliteDatabase(path)
  setPragmas(database)
  return {
    db: database,
    query: (_isSelect, sql, parameters) => {
      const statement = database.prepare(sql)
      if (statement.reader) return { rows: statement.all(parameters) }
      const { changes, lastInsertRowid } = statement.run(parameters)
      const insertId = parseBigInt(lastInsertRowid)
      const numAffectedRows = parseBigInt(changes)
      return {
        rows: [],
        ...(insertId !== undefined && { insertId }),
        ...(numAffectedRows !== undefined && { numAffectedRows }),
      }
    },
    close: () => database.close(),
  }
})
