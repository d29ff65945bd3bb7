import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { indexAllCjk } from './cjk-index.ts'
import type { NotesSchema } from './schema.ts'

/** All migrations, in order. A migration that was released never changes. */
export const migrations: Record<string, Migration> = {
  '001-notes': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('notes')
        // Without autoincrement, SQLite gives the id of a removed note to the next note.
        .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('title', 'text', (column) => column.notNull())
        .addColumn('body', 'text', (column) => column.notNull())
        .addColumn('source_path', 'text', (column) => column.unique())
        .addColumn('source_hash', 'text')
        .addColumn('updated_at', 'integer', (column) => column.notNull())
        .addColumn('removed_at', 'integer')
        .execute()
      await db.schema.createIndex('notes_by_update').on('notes').column('updated_at desc').execute()
    },
  },

  '002-search': {
    async up(db: Kysely<unknown>) {
      await sql`
        create virtual table notes_fts using fts5 (
          title, body,
          content = 'notes', content_rowid = 'id',
          tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
        )`.execute(db)
      await sql`
        create trigger notes_fts_insert after insert on notes begin
          insert into notes_fts (rowid, title, body) values (new.id, new.title, new.body);
        end`.execute(db)
      await sql`
        create trigger notes_fts_delete after delete on notes begin
          insert into notes_fts (notes_fts, rowid, title, body) values ('delete', old.id, old.title, old.body);
        end`.execute(db)
      await sql`
        create trigger notes_fts_update after update of title, body on notes begin
          insert into notes_fts (notes_fts, rowid, title, body) values ('delete', old.id, old.title, old.body);
          insert into notes_fts (rowid, title, body) values (new.id, new.title, new.body);
        end`.execute(db)
      await sql`insert into notes_fts (notes_fts) values ('rebuild')`.execute(db)
    },
  },

  '003-long-lists': {
    async up(db: Kysely<NotesSchema>) {
      await db.schema.dropIndex('notes_by_update').execute()
      await sql`create index notes_listed on notes (updated_at desc, id desc) where removed_at is null`.execute(
        db,
      )
      await sql`create index notes_removed on notes (removed_at) where removed_at is not null`.execute(db)
      await sql`create virtual table notes_cjk using fts5 (title, body, tokenize = 'unicode61 remove_diacritics 2')`.execute(
        db,
      )
      await sql`
        create trigger notes_cjk_update after update of title, body on notes begin
          delete from notes_cjk where rowid = old.id;
        end`.execute(db)
      await sql`
        create trigger notes_cjk_delete after delete on notes begin
          delete from notes_cjk where rowid = old.id;
        end`.execute(db)
      await indexAllCjk(db)
    },
  },
}
