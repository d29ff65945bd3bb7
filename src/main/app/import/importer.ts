import { type BrowserWindow, dialog } from 'electron'
import type { Kysely } from 'kysely'
import { type ImportResult, NotesError, type SkippedFile } from '../../../shared/notes/notes.ts'
import type { NotesSchema } from '../store/schema.ts'
import type { PageChannel } from '../window/page-channel.ts'
import { type ImportOptions, importFiles, importFolder } from './import-notes.ts'

/** Runs the imports of one window, and reports them to its page. They end with the window. */
export class Importer {
  readonly #opened: Promise<{ readonly db: Kysely<NotesSchema> }>
  readonly #window: BrowserWindow
  readonly #page: PageChannel
  readonly #closed = new AbortController()
  readonly #running = new Set<AbortController>()
  #hasFolder = false

  /** @param opened the imports wait for it. */
  constructor(
    opened: Promise<{ readonly db: Kysely<NotesSchema> }>,
    window: BrowserWindow,
    page: PageChannel,
  ) {
    this.#opened = opened
    this.#window = window
    this.#page = page
    window.once('closed', () => this.#closed.abort())
  }

  /** Lets the user choose a folder and imports it. Throws `import-running` during another import of a folder. */
  async chooseFolder(): Promise<void> {
    if (this.#hasFolder)
      throw new NotesError(
        'import-running',
        'Another folder is already being imported. Wait until it is done, or cancel it.',
      )
    this.#hasFolder = true
    try {
      const { filePaths } = await dialog.showOpenDialog(this.#window, {
        title: 'Import Folder',
        buttonLabel: 'Import',
        properties: ['openDirectory'],
      })
      const [folder] = filePaths
      if (folder === undefined) return
      await this.#run((db, options) => importFolder(db, folder, options))
    } finally {
      this.#hasFolder = false
    }
  }

  /** Stops every import of this window. The notes that are imported stay. */
  cancel(): void {
    for (const canceled of this.#running) canceled.abort()
  }

  /** Imports single files, such as those named on the command line. What was found to be unreadable is skipped. */
  async files(paths: readonly (string | SkippedFile)[]): Promise<void> {
    await this.#run((db, options) => importFiles(db, paths, options))
  }

  async #run(
    work: (db: Kysely<NotesSchema>, options: ImportOptions) => Promise<ImportResult>,
  ): Promise<void> {
    const { db } = await this.#opened
    const canceled = new AbortController()
    this.#running.add(canceled)
    try {
      const result = await work(db, {
        signal: AbortSignal.any([canceled.signal, this.#closed.signal]),
        onProgress: (progress) => {
          this.#page.post({ type: 'import-progress', progress })
          this.#page.post({ type: 'changed' })
        },
      })
      this.#page.post({ type: 'imported', result })
    } catch (error) {
      this.#page.post({ type: 'import-failed' })
      throw error
    } finally {
      this.#running.delete(canceled)
    }
  }
}
