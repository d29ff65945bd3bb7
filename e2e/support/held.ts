// Owners of every kind, and launches that meet them.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { _electron, test as base, type ElectronApplication, expect } from 'playwright/test'
import { type RunningApp, startApp, switches } from '../../scripts/desktop/start-app.mjs'
import { waitFor } from '../../scripts/desktop/wait-for.mjs'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import { buildPackage } from './build-package.ts'
import { DialogLog } from './dialog-log.ts'
import { endTest, type Started } from './end-test.ts'

const root = resolve(import.meta.dirname, '../..')
const electronPath = process.env.ELECTRON_PATH ?? ''

/** What a slow app needs to make that many migrations in no time. */
export const migrated = (count: number) => ({ SLOW_MIGRATIONS: String(count), SLOW_MIGRATION_MS: '1' })

/** A launch whose dialogs are written to a file. If there is a label to press, no person has to press it. */
export interface LoggedLaunch {
  readonly app: RunningApp
  readonly dialogs: DialogLog
}

export interface LoggedOptions {
  /** The label of the button that is pressed. */
  readonly press?: string
  readonly env?: Record<string, string>
  readonly args?: string[]
  /** The command that starts it, with its arguments. */
  readonly under?: string[]
}

/** One data directory and the processes that claim it. */
export interface Held {
  readonly folder: string
  readonly dataDir: string
  /** The packaged app: real boxes for xdotool. */
  packaged(...args: string[]): RunningApp
  /** Notes as it is developed, with its dialogs written to a file. */
  logged(options?: LoggedOptions): LoggedLaunch
  /** The app in e2e/apps/slow. Its environment says what is slow. */
  slow(env?: Record<string, string>, args?: string[]): RunningApp
  /** The same under Playwright, which can look into its pages. */
  drivenSlow(env: Record<string, string>): Promise<ElectronApplication>
  /** The same, with its dialogs written to a file. */
  loggedSlow(env: Record<string, string>, press?: string, args?: string[]): LoggedLaunch
  /** The app in e2e/apps/own-store, which has a store of its own, with its dialogs written to a file. */
  ownStore(env?: Record<string, string>, press?: string): LoggedLaunch
  /** The app in a folder, with its profile in `config`, and its dialogs written to a file. */
  launch(folder: string, press?: string): LoggedLaunch
  /** The text that another app reads from the clipboard. */
  clipboard(): string
  /** Makes a slow app do something. */
  command(text: string): void
  /** Blocks the main thread of a slow app. It is blocked when this resolves, until the next command. */
  block(): Promise<void>
  /** Holds the lock like an app that is closing. */
  closing(milliseconds: number): Promise<ChildProcess & { pid: number }>
  /** Waits until the owner record says so. */
  untilOwner(pid: number, state: string): Promise<void>
  /** Opens the data in a slow app with that many migrations, and quits. */
  openOnce(migrations: number): Promise<void>
  /** Puts a file that is no database in place of the database. */
  replaceDatabase(): void
  /** Ends a process with the test. */
  track(app: Started): void
}

export const test = base.extend<{ held: Held }, { builtPackage: string }>({
  builtPackage: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixture's needs off this pattern.
    async ({}, use) => {
      const built = buildPackage()
      await use(built)
      rmSync(built, { recursive: true, force: true })
    },
    { scope: 'worker' },
  ],
  held: async ({ builtPackage }, use, info) => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'notes-held-')))
    const dataDir = join(folder, 'data')
    const { ELECTRON_RUN_AS_NODE: _, ...rest } = process.env
    const environment = { ...rest, NOTES_DATA_DIR: dataDir }
    const slowEnvironment = {
      ...rest,
      SLOW_FOLDER: folder,
      OWN_FOLDER: folder,
      PACKAGE_API: join(builtPackage, 'main', 'api.js'),
    }
    const running: Started[] = []
    const profile = `--user-data-dir=${join(folder, 'profile')}`
    const stub = ['-r', join(import.meta.dirname, 'answer-dialogs.cjs')]
    let logs = 0
    const command = (text: string) => {
      writeFileSync(join(folder, 'command.new'), text)
      renameSync(join(folder, 'command.new'), join(folder, 'command'))
    }
    const start = (command: string, args: string[], env: NodeJS.ProcessEnv) => {
      const app = startApp(command, args, env)
      running.push(app)
      return app
    }
    const startLogged = (
      path: string,
      args: string[],
      env: NodeJS.ProcessEnv,
      press = '',
      under: string[] = [],
    ) => {
      logs += 1
      const dialogs = new DialogLog(folder, `dialogs-${logs}`)
      const dialogEnv = { DIALOG_LOG: dialogs.path, DIALOG_PRESS: press }
      const [command = '', ...all] = [...under, electronPath, ...stub, ...switches, profile, path, ...args]
      return { app: start(command, all, { ...env, ...dialogEnv }), dialogs }
    }

    const slow = (env: Record<string, string> = {}, args: string[] = []) =>
      start(electronPath, [...switches, profile, join(root, 'e2e/apps/slow'), ...args], {
        ...slowEnvironment,
        ...env,
      })
    const untilOwner = async (pid: number, state: string) => {
      await waitFor(`process ${pid} to be ${state}`, () => {
        const owner = readOwner(dataDir, 'notes')
        return owner?.pid === pid && owner.state === state ? true : undefined
      })
    }

    await use({
      folder,
      dataDir,
      packaged: (...args) =>
        start(process.env.PACKAGED_APP ?? '', [...switches, profile, ...args], environment),
      logged: ({ press, env = {}, args = [], under } = {}) =>
        startLogged(join(root, 'out'), args, { ...environment, ...env }, press, under),
      slow,
      async drivenSlow(env) {
        const app = await _electron.launch({
          executablePath: electronPath,
          args: [...switches, profile, join(root, 'e2e/apps/slow')],
          env: { ...slowEnvironment, ...env } as Record<string, string>,
        })
        running.push(app.process())
        return app
      },
      loggedSlow: (env, press, args = []) =>
        startLogged(join(root, 'e2e/apps/slow'), args, { ...slowEnvironment, ...env }, press),
      ownStore: (env, press) =>
        startLogged(join(root, 'e2e/apps/own-store'), [], { ...slowEnvironment, ...env }, press),
      launch: (path, press) =>
        startLogged(path, [], { ...rest, XDG_CONFIG_HOME: join(folder, 'config') }, press),
      clipboard() {
        const args = [...switches, `--user-data-dir=${join(folder, 'clipboard')}`]
        const reader = join(root, 'e2e/apps/clipboard')
        const { stdout } = spawnSync(electronPath, [...args, reader], { env: rest, encoding: 'utf8' })
        return JSON.parse(stdout)
      },
      command,
      async block() {
        command('block')
        await waitFor('the block', () => !existsSync(join(folder, 'command')) || undefined)
      },
      async closing(milliseconds) {
        mkdirSync(dataDir, { recursive: true, mode: 0o700 })
        const lockModule = join(builtPackage, 'main', 'lock', 'data-dir-lock.js')
        const program = join(root, 'e2e/apps/closing-owner.mjs')
        const child = spawn(electronPath, [program, lockModule, dataDir, String(milliseconds)], {
          env: { ...rest, ELECTRON_RUN_AS_NODE: '1' },
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        running.push(child)
        await once(child.stdout, 'data')
        return child as unknown as ChildProcess & { pid: number }
      },
      untilOwner,
      async openOnce(migrations) {
        const app = slow(migrated(migrations))
        await untilOwner(app.pid, 'ready')
        app.kill('SIGTERM')
        expect(await app.ended).toBe(0)
      },
      replaceDatabase() {
        mkdirSync(dataDir, { recursive: true, mode: 0o700 })
        writeFileSync(join(dataDir, 'notes.db'), 'rubbish that is no database'.repeat(50))
      },
      track: (app) => running.push(app),
    })
    await endTest(info, folder, running)
  },
})
