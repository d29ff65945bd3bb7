import { stat } from 'node:fs/promises'
import { shell } from 'electron'
import type { NotesOperations } from '../../shared/notes-bridge.ts'
import type { DataDirClaim, OperationHandlers } from '../api.ts'
import { asLimit, asNoteId, asNoteText, asQuery } from './arguments.ts'
import type { Importer } from './importer.ts'
import {
  countNotes,
  createNote,
  listNotes,
  readNote,
  removeNote,
  restoreNote,
  saveNote,
} from './notes-store.ts'
import type { NotesSchema } from './schema.ts'

/** The operations on one data directory. `onChange` is called after each that changed a note. */
export function notesHandlers(
  claim: DataDirClaim<NotesSchema>,
  importer: Importer,
  onChange: () => void,
): OperationHandlers<NotesOperations> {
  const { db } = claim

  async function changing<Value>(change: Promise<Value>): Promise<Value> {
    const value = await change
    onChange()
    return value
  }

  return {
    list: (query, limit) => listNotes(db, asQuery(query), asLimit(limit)),
    read: (id) => readNote(db, asNoteId(id)),
    create: () => changing(createNote(db)),
    save: (id, text) => changing(saveNote(db, asNoteId(id), asNoteText(text))),
    remove: (id) => changing(removeNote(db, asNoteId(id))),
    restore: (id) => changing(restoreNote(db, asNoteId(id))),
    importFolder: () => importer.chooseFolder(),
    cancelImport: () => importer.cancel(),
    status: async () => ({
      pid: process.pid,
      dir: claim.dir,
      heldSince: claim.heldSince?.getTime(),
      noteCount: await countNotes(db),
      databaseBytes: await databaseBytes(claim.databasePath),
    }),
    revealDataDir: () => shell.showItemInFolder(claim.databasePath),
  }
}

async function databaseBytes(path: string): Promise<number> {
  // What was written last is in the write-ahead log until SQLite moves it into the database file.
  const sizes = [path, `${path}-wal`].map(
    async (file) => (await stat(file).catch(() => undefined))?.size ?? 0,
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
