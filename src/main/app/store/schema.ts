import { type Generated, type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Times are milliseconds since 1970. */
interface NotesTable {
  id: Generated<number>
  title: string
  body: string
  /** The real path of the file the note was imported from. */
  source_path: string | null
  /** The hash of the file's text at the import. A note whose text has another hash was edited in Notes. */
  source_hash: string | null
  updated_at: number
  /** Set while a removed note can still be restored. */
  removed_at: number | null
}

/** The full-text index. Triggers fill it from `notes`. The app does not write to it. */
interface NotesFtsTable {
  rowid: number
  title: string
  body: string
}

export interface NotesSchema {
  notes: NotesTable
  notes_fts: NotesFtsTable
}

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
}
