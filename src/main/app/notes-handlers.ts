import { stat } from 'node:fs/promises'
import { shell } from 'electron'
import type { Kysely } from 'kysely'
import type { NotesOperations } from '../../shared/notes/bridge.ts'
import { type DataDirClaim, type OperationHandlers, relaunch } from '../api.ts'
import { asNoteId, asNoteText, asPageStart, asQuery } from './arguments.ts'
import type { Importer } from './import/importer.ts'
import { countNotes, listNotes, positionOf } from './store/note-list.ts'
import { createNote, readNote, removeNote, restoreNote, saveNote } from './store/notes-store.ts'
import type { NotesSchema } from './store/schema.ts'

/** The operations on one data directory. Each waits until it is open. `onChange` is called after a note has changed. */
export function notesHandlers(
  opened: Promise<DataDirClaim<NotesSchema>>,
  importer: Importer,
  onChange: () => void,
): OperationHandlers<Omit<NotesOperations, 'importPaths' | 'lastNote' | 'rememberNote'>> {
  const opening = opened.then(({ db }) => db)

  async function changing<Value>(change: (db: Kysely<NotesSchema>) => Promise<Value>): Promise<Value> {
    const value = await change(await opening)
    onChange()
    return value
  }

  return {
    list: async (query, start) => listNotes(await opening, asQuery(query), asPageStart(start)),
    position: async (id) => positionOf(await opening, asNoteId(id)),
    count: async (query) => countNotes(await opening, asQuery(query)),
    read: async (id) => readNote(await opening, asNoteId(id)),
    create: () => changing(createNote),
    save: (id, text) => changing((db) => saveNote(db, asNoteId(id), asNoteText(text))),
    remove: (id) => changing((db) => removeNote(db, asNoteId(id))),
    restore: (id) => changing((db) => restoreNote(db, asNoteId(id))),
    importFolder: () => importer.chooseFolder(),
    cancelImport: () => importer.cancel(),
    status: async () => {
      const { db, dir, databasePath, heldSince, lost } = await opened
      return {
        pid: process.pid,
        dir,
        heldSince: heldSince?.getTime(),
        isLost: lost?.aborted ?? false,
        noteCount: await countNotes(db),
        databaseBytes: await databaseBytes(databasePath),
      }
    },
    restart: () => relaunch(),
    revealDataDir: async () => shell.showItemInFolder((await opened).databasePath),
  }
}

async function databaseBytes(path: string): Promise<number> {
  // The last changes are in the write-ahead log until SQLite moves them into the database file.
  const sizeOf = async (file: string) => (await stat(file).catch(() => undefined))?.size ?? 0
  return (await sizeOf(path)) + (await sizeOf(`${path}-wal`))
}
