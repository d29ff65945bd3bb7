import { realpath } from 'node:fs/promises'
import { app, type BrowserWindow } from 'electron'
import { type NotesOperations, OPERATIONS_PREFIX } from '../../shared/notes/bridge.ts'
import type { SkippedFile } from '../../shared/notes/notes.ts'
import { type DataDirClaim, type Launch, serveOperations } from '../api.ts'
import { asNoteId, asPaths } from './arguments.ts'
import { importedNoteId } from './import/import-notes.ts'
import { Importer } from './import/importer.ts'
import { isTextFileName, textFilesOf } from './import/text-file.ts'
import { notesHandlers } from './notes-handlers.ts'
import { purgeRemoved } from './store/notes-store.ts'
import type { NotesSchema } from './store/schema.ts'
import { offerContextMenu } from './window/context-menu.ts'
import { flushBeforeClose } from './window/flush-before-close.ts'
import { createMainWindow } from './window/main-window.ts'
import { setMenu } from './window/menu.ts'
import { PageChannel } from './window/page-channel.ts'
import { servePage } from './window/page-protocol.ts'
import { isOurPage } from './window/page-url.ts'
import { warnWhenLost } from './window/warn-when-lost.ts'
import { WindowStateFile } from './window/window-state.ts'

interface OpenWindow {
  readonly window: BrowserWindow
  readonly page: PageChannel
  readonly importer: Importer
}

/** Notes on a data directory that this process owns: one window, which can be opened again after it was closed. */
export class NotesApp {
  readonly #opened: Promise<DataDirClaim<NotesSchema>>
  #open: OpenWindow | undefined

  readonly #windowState: WindowStateFile

  /** Starts the app without a window. The operations of a page wait until the database is open. */
  constructor(claiming: Promise<DataDirClaim<NotesSchema> | undefined>, dir: string) {
    this.#opened = openedAndPurged(claiming)
    this.#windowState = new WindowStateFile(app.getPath('userData'), dir)
    void this.#opened.then((claim) => {
      // The user may have chosen another one in a dialog.
      if (claim.dir !== dir) this.#windowState.moveTo(claim.dir)
      claim.lost?.addEventListener('abort', () => this.#open?.page.post({ type: 'changed' }))
    })
    servePage()
    setMenu((command) => this.showWindow().page.post({ type: 'command', command }))
  }

  /** Opens the window if there is none. Imports the files of a launch, if it has any, and shows the first. */
  async show(launch: Launch): Promise<void> {
    const open = this.showWindow()
    const files = launch.files.filter(isTextFileName)
    if (files.length > 0) await this.#import(open, files)
  }

  async #import(
    { page, importer }: Pick<OpenWindow, 'page' | 'importer'>,
    files: readonly (string | SkippedFile)[],
  ): Promise<void> {
    await importer.files(files)
    const first = files.find((file) => typeof file === 'string')
    if (first === undefined) return
    const { db } = await this.#opened
    const id = await importedNoteId(db, await realpath(first).catch(() => first))
    if (id !== undefined) page.post({ type: 'select', id })
  }

  /** Returns the window. Opens it if there is none. */
  showWindow(): OpenWindow {
    this.#open ??= this.#openWindow()
    return this.#open
  }

  #openWindow(): OpenWindow {
    const window = createMainWindow(this.#windowState)
    const page = new PageChannel(window.webContents)
    const importer = new Importer(this.#opened, window, page)
    serveOperations<NotesOperations>(
      window.webContents,
      {
        ...notesHandlers(this.#opened, importer, () => page.post({ type: 'changed' })),
        importPaths: async (paths) => this.#import({ page, importer }, await textFilesOf(asPaths(paths))),
        lastNote: async () => {
          await this.#opened
          return this.#windowState.state.note ?? null
        },
        rememberNote: (id) => this.#windowState.change({ note: id === null ? undefined : asNoteId(id) }),
      },
      { prefix: OPERATIONS_PREFIX, isTrusted: isOurPage },
    )
    offerContextMenu(window, (command) => page.post({ type: 'command', command }))
    flushBeforeClose(window, page)
    window.once('closed', () => {
      this.#open = undefined
    })
    return { window, page, importer }
  }
}

async function openedAndPurged(
  claiming: Promise<DataDirClaim<NotesSchema> | undefined>,
): Promise<DataDirClaim<NotesSchema>> {
  const claim = await claiming
  // The package has shown the reason in a dialog, and the app quits. No caller needs an answer.
  if (!claim) return new Promise(() => undefined)
  warnWhenLost(claim)
  // Only the page that removed a note can restore it, and there is no such page yet. The next start purges too.
  await purgeRemoved(claim.db).catch((error: unknown) => console.error(error))
  return claim
}
