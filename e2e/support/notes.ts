import { mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { _electron, test as base, type ElectronApplication, type Page } from 'playwright/test'
import { type RunningApp, startApp, switches } from '../../scripts/desktop/start-app.mjs'
import { waitFor } from '../../scripts/desktop/wait-for.mjs'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import { endTest, type Started } from './end-test.ts'

const appFolder = resolve(import.meta.dirname, '../../out')
const electronPath = process.env.ELECTRON_PATH ?? ''

/** Notes, driven by Playwright. */
export interface DrivenNotes {
  readonly app: ElectronApplication
  readonly page: Page
  readonly pid: number
}

/** How a test starts Notes. All starts of one test share a data directory. */
export interface Notes {
  /** A new folder of this test alone. */
  readonly folder: string
  dataDir: string
  /** Starts it under Playwright, which can look into its page. */
  drive(): Promise<DrivenNotes>
  /** Starts it as a person does. With `dialogs`, no person has to answer its dialogs. */
  start(options?: { dialogs?: DialogAnswers; args?: string[] }): RunningApp
}

/** What e2e/support/answer-dialogs.cjs reads and writes. */
export interface DialogAnswers {
  /** The label of the button that is pressed in every dialog that has it. Other dialogs stay open. */
  readonly press?: string
  /** Where each dialog's options are written, one JSON object per line. */
  readonly log: string
}

export const test = base.extend<{ notes: Notes }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixture's needs off this pattern.
  notes: async ({}, use, info) => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'notes-e2e-')))
    const driven: ElectronApplication[] = []
    const started: Started[] = []
    const notes: Notes = {
      folder,
      dataDir: join(folder, 'data'),
      async drive() {
        const app = await _electron.launch({
          executablePath: electronPath,
          args: [...switches, `--user-data-dir=${join(folder, 'profile')}`, appFolder],
          env: environment(this.dataDir),
        })
        driven.push(app)
        started.push(app.process())
        await app.context().tracing.start({ screenshots: true, snapshots: true })
        const page = await mainWindow(app)
        await page.waitForLoadState()
        const pid = app.process().pid ?? 0
        // The window opens before the database, and a note that is created before then gets the keyboard later.
        await waitFor('the database to be open', () => isReady(this.dataDir, pid) || undefined)
        return { app, page, pid }
      },
      start({ dialogs, args = [] } = {}) {
        const standIn = dialogs ? ['-r', join(import.meta.dirname, 'answer-dialogs.cjs')] : []
        const app = startApp(
          electronPath,
          [...standIn, ...switches, `--user-data-dir=${join(folder, 'profile')}`, appFolder, ...args],
          { ...environment(this.dataDir), DIALOG_LOG: dialogs?.log, DIALOG_PRESS: dialogs?.press },
        )
        started.push(app)
        return app
      },
    }

    await use(notes)

    const isFailed = info.status !== info.expectedStatus
    for (const app of driven) {
      const path = info.outputPath('trace.zip')
      // An app that the test has ended already has nothing left to trace.
      await app
        .context()
        .tracing.stop(isFailed ? { path } : {})
        .catch(() => undefined)
    }
    await endTest(info, folder, started)
  },
})

function isReady(dataDir: string, pid: number): boolean {
  const owner = readOwner(dataDir, 'notes')
  return owner?.pid === pid && owner.state === 'ready'
}

/** Returns Notes' own window. On a busy machine the start window may open before it. */
function mainWindow(app: ElectronApplication): Promise<Page> {
  return waitFor('the main window', () => app.windows().find((page) => /^(?!data:|about:)./.test(page.url())))
}

function environment(dataDir: string): Record<string, string> {
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env
  return { ...(env as Record<string, string>), NOTES_DATA_DIR: dataDir }
}
