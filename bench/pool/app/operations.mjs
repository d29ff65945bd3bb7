// @ts-check
import { Kysely, sql } from 'kysely'
import { itemCount, slowSql } from './fixture.mjs'

/**
 * @typedef {object} Schema
 * @property {{ id: number, title: string, body: string, score: number | null, flag: number, tag: string | null }} item
 * @property {{ id: import('kysely').Generated<number>, text: string, at: number }} entry
 * @property {{ id: import('kysely').Generated<number>, content: string }} file
 */

/**
 * What a peer is asked to do. Each gives its answer, so that a peer that answers wrongly is found out.
 * @typedef {object} Operations
 * @property {(id: number) => Promise<unknown>} readOne
 * @property {(count: number) => Promise<readonly unknown[]>} readMany
 * @property {(steps: number, signal?: AbortSignal) => Promise<unknown>} readSlowly
 * @property {(texts: readonly string[]) => Promise<unknown>} insertInTransaction awaits each insert before the next
 * @property {(texts: readonly string[]) => Promise<unknown>} [insertAllInTransaction] starts all inserts at once
 * @property {(texts: readonly string[]) => Promise<unknown>} [insertAsBatch]
 * @property {(contents: readonly string[]) => Promise<unknown>} importFiles
 */

/**
 * @param {import('better-sqlite3').Database} database
 * @returns {Operations}
 */
export function rawOperations(database) {
  const one = database.prepare('select * from item where id = ?')
  const many = database.prepare('select * from item limit ?')
  const slowly = database.prepare(slowSql)
  const insertEntry = database.prepare('insert into entry (text, at) values (?, ?)')
  const insertFile = database.prepare('insert into file (content) values (?)')
  const insertInTransaction = database.transaction((/** @type {readonly string[]} */ texts) => {
    for (const text of texts) insertEntry.run(text, 1)
  })
  const importFiles = database.transaction((/** @type {readonly string[]} */ contents) => {
    for (const content of contents) insertFile.run(content)
  })
  return {
    readOne: async (id) => one.get(id),
    readMany: async (count) => many.all(count),
    readSlowly: async (steps) => slowly.get(steps),
    insertInTransaction: async (texts) => insertInTransaction(texts),
    importFiles: async (contents) => importFiles(contents),
  }
}

/**
 * The same statements for every peer that Kysely stands on.
 * @param {Kysely<Schema>} db
 * @returns {Operations}
 */
export function kyselyOperations(db) {
  return {
    readOne: (id) => db.selectFrom('item').selectAll().where('id', '=', id).executeTakeFirst(),
    readMany: (count) => db.selectFrom('item').selectAll().limit(count).execute(),
    readSlowly: async (steps, signal) => {
      const [before, after] = slowSql.split('?')
      const { rows } = await sql`${sql.raw(before ?? '')}${steps}${sql.raw(after ?? '')}`.execute(
        db,
        signal && { signal },
      )
      return rows[0]
    },
    insertInTransaction: (texts) =>
      db.transaction().execute(async (transaction) => {
        for (const text of texts) await transaction.insertInto('entry').values({ text, at: 1 }).execute()
      }),
    insertAllInTransaction: (texts) =>
      db
        .transaction()
        .execute((transaction) =>
          Promise.all(texts.map((text) => transaction.insertInto('entry').values({ text, at: 1 }).execute())),
        ),
    importFiles: (contents) =>
      db.transaction().execute(async (transaction) => {
        for (const content of contents) await transaction.insertInto('file').values({ content }).execute()
      }),
  }
}

/**
 * @param {Operations} operations
 * @param {number} steps
 */
export async function checkAnswers(operations, steps) {
  const one = await operations.readOne(7)
  const many = await operations.readMany(itemCount)
  const slow = await operations.readSlowly(steps)
  const seen = JSON.stringify([one, many.length, many[6], slow])
  const row = JSON.stringify({
    id: 7,
    title: 'Title of 7',
    body: 'Some words of item 7, as long as a line of a list',
    score: 1,
    flag: 1,
    tag: 'tag 7',
  })
  const wanted = `[${row},${itemCount},${row},{"n":${steps}}]`
  if (seen !== wanted) throw new Error(`answered ${seen} where ${wanted} was right`)
}
