import { createHash } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { NoteText } from '../../../shared/notes/notes.ts'
import { indexCjk } from '../store/cjk-index.ts'
import type { NotesSchema } from '../store/schema.ts'
import type { TextFile } from './text-file.ts'

export type Outcome = 'added' | 'updated' | 'unchanged'

/** Makes or updates one note for each file, in one transaction. The note gets the date of the file. */
export async function writeFiles(db: Kysely<NotesSchema>, files: readonly TextFile[]): Promise<Outcome[]> {
  if (files.length === 0) return []
  return await db.transaction().execute(async (transaction) => {
    const known = await notesOf(transaction, files)
    const added: TextFile[] = []
    const outcomes: Outcome[] = []
    for (const file of new Map(files.map((file) => [file.path, file])).values()) {
      const note = known.get(file.path)
      const outcome = note && (await updateNote(transaction, note, file))
      if (!outcome) added.push(file)
      outcomes.push(outcome ?? 'added')
    }
    if (added.length > 0) await addNotes(transaction, added)
    // The rest are other paths of the same files.
    return [...outcomes, ...new Array<Outcome>(files.length - outcomes.length).fill('unchanged')]
  })
}

interface KnownNote {
  readonly id: number
  readonly source_hash: string | null
  readonly removed_at: number | null
}

async function notesOf(
  db: Kysely<NotesSchema>,
  files: readonly TextFile[],
): Promise<Map<string | null, KnownNote>> {
  const paths = files.map(({ path }) => path)
  const notes = await db
    .selectFrom('notes')
    .select(['id', 'source_path', 'source_hash', 'removed_at'])
    .where('source_path', 'in', paths)
    .execute()
  return new Map(notes.map((note) => [note.source_path, note]))
}

async function addNotes(db: Kysely<NotesSchema>, files: readonly TextFile[]): Promise<void> {
  const notes = await db
    .insertInto('notes')
    .values(files.map(rowOf))
    .returning(['id', 'source_path'])
    .execute()
  const ids = new Map(notes.map(({ id, source_path }) => [source_path, id]))
  await indexCjk(
    db,
    files.map(({ path, title, body }) => ({ id: ids.get(path) ?? 0, title, body })),
  )
}

/** Undefined if the file needs a new note. */
async function updateNote(
  db: Kysely<NotesSchema>,
  note: KnownNote,
  file: TextFile,
): Promise<Outcome | undefined> {
  const { source_path: _, ...text } = rowOf(file)
  const isSame = note.source_hash === text.source_hash
  if (isSame && note.removed_at === null) return 'unchanged'
  const update = db.updateTable('notes').where('id', '=', note.id)
  if (isSame) {
    await update.set({ removed_at: null }).execute()
    return 'added'
  }
  if (await isEdited(db, note)) {
    // The note was edited here and in the file. Neither text may overwrite the other, so the edited note loses its file.
    await update.set({ source_path: null }).execute()
    return undefined
  }
  await update.set({ ...text, removed_at: null }).execute()
  await indexCjk(db, [{ ...text, id: note.id }])
  return 'updated'
}

async function isEdited(db: Kysely<NotesSchema>, { id, source_hash }: KnownNote): Promise<boolean> {
  const text = await db
    .selectFrom('notes')
    .select(['title', 'body'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return hashOf(text) !== source_hash
}

function rowOf(file: TextFile) {
  return {
    title: file.title,
    body: file.body,
    source_path: file.path,
    source_hash: hashOf(file),
    updated_at: file.modifiedAt,
  }
}

function hashOf({ title, body }: NoteText): string {
  return createHash('sha256')
    .update(JSON.stringify([title, body]))
    .digest('hex')
}
