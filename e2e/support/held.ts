// Owners of every kind, and launches that meet them.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { _electron, test as base, type ElectronApplication } from 'playwright/test'
import { type RunningApp, startApp, switches } from '../../scripts/desktop/start-app.mjs'
import { waitFor } from '../../scripts/desktop/wait-for.mjs'
import { screenshot } from '../../scripts/desktop/windows.mjs'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import { buildPackage } from './build-package.ts'
import { DialogLog } from './dialog-log.ts'

const root = resolve(import.meta.dirname, '../..')
const electronPath = process.env.ELECTRON_PATH ?? ''

/** A launch whose dialogs are written down. With a label to press, that stands in for the person at them. */
export interface LoggedLaunch {
  readonly app: RunningApp
  readonly dialogs: DialogLog
}

export interface LoggedOptions {
  /** The label of the button that is pressed. */
  readonly press?: string
  readonly env?: Record<string, string>
  readonly args?: string[]
  /** A command, and its arguments, that starts it. */
  readonly under?: string[]
}

/** One data directory and everybody who wants it. */
export interface Held {
  readonly folder: string
  readonly dataDir: string
  /** The packaged app: real boxes for xdotool. */
  packaged(...args: string[]): RunningApp
  /** Notes as it is developed, with its dialogs written down. */
  logged(options?: LoggedOptions): LoggedLaunch
  /** e2e/apps/slow, told by its environment where it is slow. */
  slow(env?: Record<string, string>, args?: string[]): RunningApp
  /** The same under Playwright, which can look into its pages. */
  drivenSlow(env: Record<string, string>): Promise<ElectronApplication>
  /** The same, with its dialogs written down. */
  loggedSlow(env: Record<string, string>, press?: string, args?: string[]): LoggedLaunch
  /** The text that another app finds on the clipboard. */
  clipboard(): string
  /** Tells a slow app to do something. */
  command(text: string): void
  /** Blocks the main thread of a slow app. It is blocked when this resolves, until the next command. */
  block(): Promise<void>
  /** Holds the lock like an app that is closing. */
  closing(milliseconds: number): Promise<ChildProcess & { pid: number }>
  /** Waits until the owner record says so. */
  untilOwner(pid: number, state: string): Promise<void>
  /** Kills something at the end of the test. */
  track(app: { kill(signal?: NodeJS.Signals): unknown }): void
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
      PACKAGE_API: join(builtPackage, 'main', 'api.js'),
    }
    const running: { kill(signal?: NodeJS.Signals): unknown; ended?: Promise<unknown> }[] = []
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

    await use({
      folder,
      dataDir,
      packaged: (...args) =>
        start(process.env.PACKAGED_APP ?? '', [...switches, profile, ...args], environment),
      logged: ({ press, env = {}, args = [], under } = {}) =>
        startLogged(join(root, 'out'), args, { ...environment, ...env }, press, under),
      slow: (env = {}, args = []) =>
        start(electronPath, [...switches, profile, join(root, 'e2e/apps/slow'), ...args], {
          ...slowEnvironment,
          ...env,
        }),
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
      untilOwner: (pid, state) =>
        waitFor(`process ${pid} to be ${state}`, () => {
          const owner = readOwner(dataDir, 'notes')
          return owner?.pid === pid && owner.state === state ? true : undefined
        }).then(() => undefined),
      track: (app) => running.push(app),
    })

    const failed = info.status !== info.expectedStatus
    if (failed && process.platform === 'linux') screenshot(info.outputPath('screen.png'))
    for (const app of running.reverse()) {
      if (failed && 'stderr' in app && typeof app.stderr === 'function') {
        await info.attach('stderr', { body: app.stderr() })
      }
      app.kill('SIGKILL')
      await app.ended
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  },
})
