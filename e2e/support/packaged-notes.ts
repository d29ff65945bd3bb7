import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test as base } from 'playwright/test'
import { switches } from '../../scripts/desktop/start-app.mjs'
import { waitFor } from '../../scripts/desktop/wait-for.mjs'
import { type DesktopWindow, listWindows } from '../../scripts/desktop/windows.mjs'
import { installDesktopEntry } from '../../scripts/package/desktop-entry.mjs'
import { isAlive } from '../../src/main/owner/process-stat.ts'
import { endTest } from './end-test.ts'

/** The packaged app with its desktop entry installed for a user of its own. */
export interface PackagedNotes {
  readonly folder: string
  readonly dataDir: string
  /** Starts it from the desktop entry, as a file manager does. */
  start(files?: string[]): void
  /** Starts it, and waits for the window it opens. */
  launch(): Promise<DesktopWindow>
}

export const test = base.extend<{ packaged: PackagedNotes }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixture's needs off this pattern.
  packaged: async ({}, use, info) => {
    const folder = mkdtempSync(join(tmpdir(), 'notes-packaged-'))
    const dataHome = join(folder, 'share')
    const entry = installDesktopEntry(dirname(process.env.PACKAGED_APP ?? ''), dataHome, switches)
    const env = {
      ...process.env,
      XDG_DATA_HOME: dataHome,
      XDG_CONFIG_HOME: join(folder, 'config'),
      NOTES_DATA_DIR: join(folder, 'data'),
    }
    mkdirSync(env.XDG_CONFIG_HOME)
    const pids = new Set<number>()
    const start = (files: string[] = []) =>
      void spawnSync('gio', ['launch', entry, ...files], { env, stdio: 'ignore' })
    await use({
      folder,
      dataDir: env.NOTES_DATA_DIR,
      start,
      async launch() {
        const known = new Set(listWindows().map((window) => window.id))
        start()
        const window = await waitFor('a new window', () => listWindows().find(({ id }) => !known.has(id)))
        pids.add(window.pid)
        return window
      },
    })
    const launched = [...pids].map((pid) => ({
      kill: () => isAlive(pid) && process.kill(pid, 'SIGKILL'),
      get ended() {
        return waitFor(`the end of ${pid}`, () => (isAlive(pid) ? undefined : true))
      },
    }))
    await endTest(info, folder, launched)
  },
})
