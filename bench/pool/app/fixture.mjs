// @ts-check
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import SqliteDatabase from 'better-sqlite3'

export const itemCount = 10_000
const slowQueryMilliseconds = 130

/**
 * What the package sets on a connection that writes, given to every peer, so that none differs by its settings.
 * @param {import('better-sqlite3').Database} database
 */
export function setPragmas(database) {
  database.pragma('foreign_keys = ON')
  database.pragma('journal_mode = WAL')
  database.pragma('cache_size = -8000')
  database.pragma('synchronous = NORMAL')
  database.pragma('busy_timeout = 30000')
}

/**
 * The database every peer gets a copy of.
 * @param {string} path
 */
export function createDatabase(path) {
  mkdirSync(dirname(path), { recursive: true })
  const database = new SqliteDatabase(path)
  database.exec(`
    create table item (id integer primary key, title text not null, body text not null, score real, flag integer, tag text);
    create table entry (id integer primary key, text text not null, at integer not null);
    create table file (id integer primary key, content text not null)`)
  const insert = database.prepare('insert into item values (?, ?, ?, ?, ?, ?)')
  database.transaction(() => {
    for (let id = 1; id <= itemCount; id++) {
      const tag = id % 3 === 0 ? null : `tag ${id % 17}`
      insert.run(
        id,
        `Title of ${id}`,
        `Some words of item ${id}, as long as a line of a list`,
        id / 7,
        id % 2,
        tag,
      )
    }
  })()
  database.close()
}

/**
 * How far a recursive query counts in 130 ms here.
 * @param {string} path
 */
export function calibrateSlowQuery(path) {
  const database = new SqliteDatabase(path, { readonly: true })
  const statement = database.prepare(slowSql)
  let steps = 100_000
  for (let i = 0; i < 5; i++) {
    const start = performance.now()
    statement.get(steps)
    steps = Math.round((steps * slowQueryMilliseconds) / (performance.now() - start))
  }
  database.close()
  return steps
}

export const slowSql =
  'with recursive step(n) as (select 1 union all select n + 1 from step where n < ?) select max(n) as n from step'
