import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { ImportProgress, ImportResult, NoteText } from '../../../shared/notes/notes.ts'
import type { NotesSchema } from '../store/schema.ts'
import { findTextFiles, readTextFile, type TextFile } from './text-file.ts'

// A transaction of this size takes a few milliseconds, so the window stays responsive.
const BATCH_FILES = 25
const BATCH_LENGTH = 256 * 1024

type Outcome = 'added' | 'updated' | 'unchanged'

export interface ImportOptions {
  readonly signal: AbortSignal
  readonly onProgress: (progress: ImportProgress) => void
}

/**
 * Imports the Markdown and text files under a folder. Each transaction imports some of them, and other work can run between
 * two transactions. When the signal is aborted, the import stops after the current transaction. The imported notes stay.
 */
export async function importFolder(
  db: Kysely<NotesSchema>,
  folder: string,
  { signal, onProgress }: ImportOptions,
): Promise<ImportResult> {
  const paths: string[] = []
  for await (const path of findTextFiles(folder)) {
    if (signal.aborted) break
    paths.push(path)
    if (paths.length % BATCH_FILES === 0) onProgress({ done: 0, total: undefined })
  }
  return await importFiles(db, paths, { signal, onProgress })
}

/** Imports the given files, as `importFolder` does. */
export async function importFiles(
  db: Kysely<NotesSchema>,
  paths: readonly string[],
  { signal, onProgress }: ImportOptions,
): Promise<ImportResult> {
  const counts = { added: 0, updated: 0, unchanged: 0, skipped: 0 }
  let batch: TextFile[] = []
  let length = 0
  const writeBatch = async () => {
    for (const outcome of await importBatch(db, batch)) counts[outcome] += 1
    batch = []
    length = 0
  }

  for (const [index, path] of paths.entries()) {
    if (signal.aborted) break
    const file = await readTextFile(path)
    if (!file) {
      counts.skipped += 1
      continue
    }
    batch.push(file)
    length += file.body.length
    if (batch.length === BATCH_FILES || length >= BATCH_LENGTH) {
      await writeBatch()
      onProgress({ done: index + 1, total: paths.length })
      await setImmediate()
    }
  }
  if (!signal.aborted) await writeBatch()
  return { ...counts, canceled: signal.aborted }
}

/** The note that was imported from the file at this real path. */
export async function importedNoteId(db: Kysely<NotesSchema>, path: string): Promise<number | undefined> {
  const row = await db.selectFrom('notes').select('id').where('source_path', '=', path).executeTakeFirst()
  return row?.id
}

async function importBatch(db: Kysely<NotesSchema>, files: readonly TextFile[]): Promise<Outcome[]> {
  return await db.transaction().execute(async (transaction) => {
    const outcomes: Outcome[] = []
    for (const file of files) outcomes.push(await importOne(transaction, file))
    return outcomes
  })
}

async function importOne(db: Kysely<NotesSchema>, file: TextFile): Promise<Outcome> {
  const hash = hashOf(file)
  const imported = await db
    .selectFrom('notes')
    .select(['id', 'title', 'body', 'source_hash', 'removed_at'])
    .where('source_path', '=', file.path)
    .executeTakeFirst()
  const text = { title: file.title, body: file.body, source_hash: hash, updated_at: Date.now() }

  if (!imported) {
    await db
      .insertInto('notes')
      .values({ ...text, source_path: file.path })
      .execute()
    return 'added'
  }

  if (imported.source_hash === hash) {
    if (imported.removed_at === null) return 'unchanged'
    await db.updateTable('notes').set({ removed_at: null }).where('id', '=', imported.id).execute()
    return 'added'
  }

  if (hashOf(imported) !== imported.source_hash) {
    // The note was edited here and in the file. Neither text may overwrite the other, so the edited note loses its file.
    await db.updateTable('notes').set({ source_path: null }).where('id', '=', imported.id).execute()
    return await importOne(db, file)
  }

  await db
    .updateTable('notes')
    .set({ ...text, removed_at: null })
    .where('id', '=', imported.id)
    .execute()
  return 'updated'
}

function hashOf({ title, body }: NoteText): string {
  return createHash('sha256')
    .update(JSON.stringify([title, body]))
    .digest('hex')
}
