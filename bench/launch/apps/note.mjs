// @ts-check

/** @typedef {{ note: { text: string } }} Schema */

/**
 * The same for each app with a database.
 * @type {Record<string, import('kysely/migration').Migration>}
 */
export const migrations = {
  '001-notes': {
    async up(db) {
      await db.schema.createTable('note').addColumn('text', 'text').execute()
      await db.insertInto('note').values({ text: 'An answer.' }).execute()
    },
  },
}

/** @param {import('kysely').Kysely<Schema>} db */
export async function firstNote(db) {
  const { text } = await db.selectFrom('note').select('text').executeTakeFirstOrThrow()
  return text
}
