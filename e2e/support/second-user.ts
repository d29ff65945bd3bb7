// Two users who are not root: one who starts the packaged app, and one who attacks it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { test as base } from 'playwright/test'
import { scripts } from '../../chaos/hostile/her-holders.mjs'
import { become, mallory, victim } from '../../chaos/hostile/users.mjs'
import { type RunningApp, startApp } from '../../scripts/desktop/start-app.mjs'
import { serializeOwnerRecord } from '../../src/main/owner/owner-record.ts'
import { ownIdentity } from '../../src/main/owner/process-identity.ts'
import { readProcessStat } from '../../src/main/owner/process-stat.ts'
import { endTest } from './end-test.ts'

const clipboardReader = resolve(import.meta.dirname, '../apps/clipboard')

export function whyNoSecondUser(): string | undefined {
  if (process.platform !== 'linux') return 'xdotool and setpriv are for Linux'
  return process.geteuid?.() === 0 ? undefined : 'becoming another user takes root'
}

/** The victim's app, a process of the victim that has nothing to do with it, and what the attacker does. */
export interface SecondUser {
  /** A process of the victim. Its identity is in the attacker's record. */
  readonly sleeper: ChildProcess
  readonly folder: string
  /** Everybody may write there. */
  readonly dataDir: string
  /** Starts the packaged app as the victim. */
  launch(...args: string[]): RunningApp
  /**
   * Takes the lock, listens, and writes a record.
   *
   * @param how `dead`: in a process that ends and leaves the lock to a child, with the identity of the sleeper in the
   * record. `living`: in a process that runs on, with its own identity.
   * @param answer what the socket answers to everything. Default: nothing.
   */
  attack(how: 'dead' | 'living', answer?: string): Promise<void>
  /** All that has arrived at the attacker's socket. */
  received(): string
  /** The text on the clipboard. */
  clipboard(): string
}

// It becomes the attacker after it has started: Node may be in a folder that only root can enter.
const listener = `
  const [user, path, answer] = process.argv.slice(1)
  process.setgroups([])
  process.setgid(Number(user))
  process.setuid(Number(user))
  const server = require('node:net').createServer((socket) => {
    socket.on('error', () => undefined).on('data', (bytes) => {
      process.stdout.write(bytes)
      if (answer) socket.write(answer)
    })
  })
  server.listen(path, () => {
    require('node:fs').chmodSync(path, 0o777)
    process.stdout.write('listening')
  })`

export const test = base.extend<{ user: SecondUser }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixture's needs off this pattern.
  user: async ({}, use, info) => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'notes-users-')))
    chmodSync(folder, 0o755)
    const dataDir = join(folder, 'data')
    const home = join(folder, 'home')
    for (const [path, mode] of [
      [dataDir, 0o777],
      [home, 0o700],
    ] as const) {
      mkdirSync(path)
      chownSync(path, victim.uid, victim.gid)
      chmodSync(path, mode)
    }
    // Another user may not be allowed to read the folder where the app was packaged.
    const packagedApp = process.env.PACKAGED_APP ?? ''
    cpSync(dirname(packagedApp), join(folder, 'app'), { recursive: true, mode: 0 })
    const environment = { PATH: process.env.PATH, DISPLAY: process.env.DISPLAY, HOME: home, TMPDIR: home }
    const children: ChildProcess[] = []
    const apps: RunningApp[] = []
    let received = ''
    const start = (command: string, args: string[]) => {
      const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
      children.push(child)
      return child
    }
    const sleeper = start('setpriv', [...become(victim), 'sleep', '1000'])
    await use({
      sleeper,
      folder,
      dataDir,
      launch(...args) {
        const executable = join(folder, 'app', basename(packagedApp))
        const command = [...become(victim), executable, '--no-sandbox', ...args]
        const app = startApp('setpriv', command, { ...environment, NOTES_DATA_DIR: dataDir })
        apps.push(app)
        return app
      },
      async attack(how, answer = '') {
        const endpoint = join(dataDir, 'hers.sock')
        const socket = start(process.execPath, ['-e', listener, String(mallory.uid), endpoint, answer])
        await once(socket.stdout, 'data')
        socket.stdout.on('data', (bytes) => {
          received += bytes
        })
        const lock = join(dataDir, 'notes.lock')
        const asMallory = (...script: string[]) => [...become(mallory), 'sh', '-c', ...script]
        spawnSync('setpriv', asMallory('umask 0; : > "$0"', lock))
        const holder = start('setpriv', asMallory(scripts[how], lock, '1000'))
        const ended = how === 'dead' ? once(holder, 'exit') : undefined
        await Promise.all([once(holder.stdout, 'data'), ended])
        const { pid = 0 } = how === 'dead' ? sleeper : holder
        const record = serializeOwnerRecord({
          ...ownIdentity(),
          pid,
          start_ticks: readProcessStat(pid)?.startTicks ?? 0,
          app: 'Notes',
          state: 'ready',
          endpoint,
          token: 'hers',
        })
        spawnSync('setpriv', asMallory('printf %s "$1" > "$0"', lock, record.toString()))
      },
      received: () => received,
      clipboard() {
        const args = ['--no-sandbox', `--user-data-dir=${join(folder, 'clipboard')}`, clipboardReader]
        return JSON.parse(spawnSync(process.env.ELECTRON_PATH ?? '', args, { encoding: 'utf8' }).stdout)
      },
    })
    const groups = children.map(({ pid = 0 }) => ({ kill: () => killGroup(pid) }))
    await endTest(info, folder, [...groups, ...apps])
  },
})

/** Kills a process and its children. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // All of them have ended.
  }
}
