import { realpath } from 'node:fs/promises'
import type { Kysely } from 'kysely'
import {
  type ImportProgress,
  type ImportResult,
  MAX_SKIPPED_FILES,
  type SkippedFile,
} from '../../../shared/notes/notes.ts'
import type { NotesSchema } from '../store/schema.ts'
import { findTextFiles, readTextFile, skippedFor, type TextFile } from './text-file.ts'
import { writeFiles } from './write-files.ts'

// Enough to keep the disk busy.
const FILES_AT_ONCE = 16
// A transaction of this size takes about 50 ms in the thread of the writer. A save waits for it at most once.
const BATCH_FILES = 200
const BATCH_LENGTH = 1024 * 1024

export interface ImportOptions {
  readonly signal: AbortSignal
  readonly onProgress: (progress: ImportProgress) => void
}

interface Batch {
  readonly files: readonly TextFile[]
  readonly skipped: readonly SkippedFile[]
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
  const found: (string | SkippedFile)[] = []
  // One file stays one note, by whatever path it is imported.
  for await (const file of findTextFiles(await realpath(folder).catch(() => folder))) {
    if (signal.aborted) break
    found.push(file)
    if (found.length % BATCH_FILES === 1) onProgress({ done: 0, total: undefined })
  }
  return await importFound(db, found, { signal, onProgress })
}

/** Imports the files that were found, as `importFolder` does. */
export async function importFiles(
  db: Kysely<NotesSchema>,
  files: readonly (string | SkippedFile)[],
  options: ImportOptions,
): Promise<ImportResult> {
  const found = await Promise.all(
    files.map((file) =>
      typeof file === 'string' ? realpath(file).catch((error: unknown) => skippedFor(error, file)) : file,
    ),
  )
  return await importFound(db, found, options)
}

/** The note that was imported from the file at this real path. */
export async function importedNoteId(db: Kysely<NotesSchema>, path: string): Promise<number | undefined> {
  const row = await db.selectFrom('notes').select('id').where('source_path', '=', path).executeTakeFirst()
  return row?.id
}

async function importFound(
  db: Kysely<NotesSchema>,
  found: readonly (string | SkippedFile)[],
  { signal, onProgress }: ImportOptions,
): Promise<ImportResult> {
  const counts = { added: 0, updated: 0, unchanged: 0, skipped: 0 }
  const skippedFiles: SkippedFile[] = []
  const write = async ({ files, skipped }: Batch) => {
    for (const outcome of await writeFiles(db, files)) counts[outcome] += 1
    counts.skipped += skipped.length
    skippedFiles.push(...skipped.slice(0, MAX_SKIPPED_FILES - skippedFiles.length))
    const done = counts.added + counts.updated + counts.unchanged + counts.skipped
    onProgress({ done, total: found.length })
  }

  let writing: Promise<void> | undefined
  for await (const batch of readInBatches(found, signal)) {
    await writing
    if (signal.aborted) break
    writing = write(batch)
    // The next files are read meanwhile. The next turn, or the end, throws the error.
    writing.catch(() => undefined)
  }
  await writing
  return { ...counts, skippedFiles, canceled: signal.aborted }
}

async function* readInBatches(
  found: readonly (string | SkippedFile)[],
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  let files: TextFile[] = []
  let skipped: SkippedFile[] = []
  let length = 0
  for (let start = 0; start < found.length && !signal.aborted; start += FILES_AT_ONCE) {
    const group = found.slice(start, start + FILES_AT_ONCE)
    const read = group.map((file) => (typeof file === 'string' ? readTextFile(file) : file))
    for (const file of await Promise.all(read)) {
      if ('reason' in file) skipped.push(file)
      else {
        files.push(file)
        length += file.body.length
      }
    }
    if (files.length + skipped.length < BATCH_FILES && length < BATCH_LENGTH) continue
    yield { files, skipped }
    files = []
    skipped = []
    length = 0
  }
  if (files.length + skipped.length > 0) yield { files, skipped }
}
