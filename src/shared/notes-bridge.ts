import type { ImportProgress, ImportResult, Note, NoteList, NotesStatus, NoteText } from './notes.ts'
import type { Remote } from './operations.ts'

/** Everything the page can ask of the main process, by name. */
export interface NotesOperations {
  /** The most recent notes, or the best matches when `query` is not blank. */
  list(query: string, limit: number): NoteList
  read(id: number): Note
  create(): Note
  save(id: number, text: NoteText): void
  /** Takes a note out of the list. `restore` brings it back until the app is next started. */
  remove(id: number): void
  restore(id: number): void
  /** Lets the user choose a folder and imports it. An `imported` event tells the result. */
  importFolder(): void
  cancelImport(): void
  status(): NotesStatus
  revealDataDir(): void
}

export type NotesCommand = 'delete' | 'find' | 'import' | 'new'

/** Everything the main process tells the page unasked. */
export type NotesEvent =
  | { readonly type: 'command'; readonly command: NotesCommand }
  | { readonly type: 'import-progress'; readonly progress: ImportProgress }
  /** Notes came, went or were saved. */
  | { readonly type: 'changed' }
  /** An import came to its end. A note that is open may have a new text. */
  | { readonly type: 'imported'; readonly result: ImportResult }
  | { readonly type: 'select'; readonly id: number }

/** What the main process can tell and ask the page. */
export interface NotesPage {
  onEvent(event: NotesEvent): void
  /** Saves what is not saved yet. True when everything is; the window stays open until then. */
  flush(): Promise<boolean>
}

/** `window.notes`, as the preload script exposes it. */
export type NotesBridge = Remote<NotesOperations> & {
  /** Called once, when the page is ready. Events from before are not lost: they wait for this call. */
  connect(page: NotesPage): void
}

export const EVENT_CHANNEL = 'notes-event'
export const CONNECT_CHANNEL = 'notes-connect'
export const FLUSH_CHANNEL = 'notes-flush'
export const FLUSHED_CHANNEL = 'notes-flushed'

/** What the channels of the operations begin with. */
export const OPERATIONS_PREFIX = 'notes'
