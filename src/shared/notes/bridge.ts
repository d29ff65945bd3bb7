import type { Remote, Result } from '../operations.ts'
import type {
  ImportProgress,
  ImportResult,
  Note,
  NoteSummary,
  NotesStatus,
  NoteText,
  PageStart,
} from './notes.ts'

/** The operations of the main process that the page can call. */
export interface NotesOperations {
  /** One page of the latest notes, or of the matches if `query` is not blank. The last page is shorter, or empty. */
  list(query: string, start: PageStart): readonly NoteSummary[]
  /** The number of all notes, or of all matches. */
  count(query: string): number
  /** The number of notes before this one in the list of the latest notes. */
  position(id: number): number
  read(id: number): Note
  create(): Note
  save(id: number, text: NoteText): void
  /** Removes a note from the list. `restore` brings it back, until the app is started again. */
  remove(id: number): void
  restore(id: number): void
  /** Lets the user choose a folder and imports it. An `imported` event has the result. */
  importFolder(): void
  /** Imports files, and the files in folders. Selects the first note. The page cannot name a path: see `importFiles`. */
  importPaths(paths: readonly string[]): void
  cancelImport(): void
  /** The note that was open when the window was closed, or null. */
  lastNote(): number | null
  rememberNote(id: number | null): void
  status(): NotesStatus
  revealDataDir(): void
  /** Closes everything and starts the app again. The start checks a file that was found damaged. */
  restart(): void
}

export type NotesCommand =
  | 'delete'
  /** Finds words in the open note. */
  | 'find'
  | 'import'
  | 'new'
  | 'redo'
  /** Finds notes. */
  | 'search'
  | 'selectAll'
  | 'undo'

/** The events that the main process sends to the page. */
export type NotesEvent =
  | { readonly type: 'command'; readonly command: NotesCommand }
  | { readonly type: 'import-progress'; readonly progress: ImportProgress }
  /** Notes were added, removed or saved. */
  | { readonly type: 'changed' }
  /** An import has ended. The open note may have a new text. */
  | { readonly type: 'imported'; readonly result: ImportResult }
  /** An import has failed. The operation or the launch that started it has the error. */
  | { readonly type: 'import-failed' }
  | { readonly type: 'select'; readonly id: number }

/** The page, for the main process. */
export interface NotesPage {
  onEvent(event: NotesEvent): void
  /** Saves the unsaved changes. True if all are saved. The window stays open until then. */
  flush(): Promise<boolean>
}

/** `window.notes`, as the preload script exposes it. */
export type NotesBridge = Remote<Omit<NotesOperations, 'importPaths'>> & {
  /** Imports files and folders that the user has dropped on the window. */
  importFiles(files: readonly File[]): Promise<Result<void>>
  /** Called once, when the page is ready. Earlier events wait for this call. */
  connect(page: NotesPage): void
}

export const EVENT_CHANNEL = 'notes-event'
export const CONNECT_CHANNEL = 'notes-connect'
export const FLUSH_CHANNEL = 'notes-flush'
export const FLUSHED_CHANNEL = 'notes-flushed'

/** The channels of the operations begin with this. */
export const OPERATIONS_PREFIX = 'notes'
