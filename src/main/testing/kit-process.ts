import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { threadFile } from '../threads/thread-file.ts'
import { TestKitError } from './errors.ts'
import type { Order, Report } from './messages.ts'

/** Which program runs the process, and with which environment. */
export interface ProcessOptions {
  /**
   * A Node or an Electron for which `fs-ext` is compiled. Default: the program that runs the test. Electron is
   * started as a plain Node, so a test in Electron's main process needs nothing, and one in another Node gives
   * Electron's path.
   */
  readonly execPath?: string
  /** Added to the environment of the test. */
  readonly env?: NodeJS.ProcessEnv
}

// Far above what a loaded machine needs; a program that is no Node, or was stopped, never answers.
const patienceMilliseconds = 30_000

const running = new Set<KitProcess>()
process.once('exit', () => {
  for (const kitProcess of running) kitProcess.signal('SIGKILL')
})

/** A process that takes orders, and that does not outlive the test which started it. */
export class KitProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  readonly #childPids: number[] = []

  /** @throws {TestKitError} when it cannot be started. */
  static async start({ execPath = process.execPath, env }: ProcessOptions): Promise<KitProcess> {
    const file = fileURLToPath(threadFile(new URL('./holder-process.js', import.meta.url)))
    const child = fork(file, {
      execPath,
      execArgv: [],
      env: { ...process.env, ...env, ELECTRON_RUN_AS_NODE: '1' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const kitProcess = new KitProcess(child)
    try {
      await kitProcess.#nextReport()
    } catch (error) {
      await kitProcess.end()
      throw error
    }
    return kitProcess
  }

  private constructor(child: ChildProcess) {
    this.#child = child
    running.add(this)
    this.#ended = new Promise((resolve) => {
      child.once('exit', resolve)
      // A program that cannot be started has an error in place of an exit; so has an order to one that is ending.
      child.on('error', () => child.pid === undefined && resolve(undefined))
    }).finally(() => running.delete(this))
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** @throws {TestKitError} when the process ends before it has an answer, or has none after 30 s. */
  async ask(order: Order): Promise<Report> {
    if (this.#child.connected) this.#child.send(order)
    const report = await this.#nextReport()
    if (report.type === 'child') this.#childPids.push(report.pid)
    return report
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Sends a signal that ends the process, and waits for its end: its lock has fallen then. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal)
    await this.#ended
  }

  /** Kills it and the children it was given. */
  async end(): Promise<void> {
    await this.kill('SIGKILL')
    for (const pid of this.#childPids.splice(0)) killIfThere(pid)
  }

  async #nextReport(): Promise<Report> {
    let hear: (report: unknown) => void = () => undefined
    let patience: NodeJS.Timeout | undefined
    try {
      return await Promise.race([
        new Promise<Report>((resolve, reject) => {
          hear = (report) => resolve(report as Report)
          this.#child.on('message', hear)
          patience = setTimeout(() => reject(this.#noAnswer('silent')), patienceMilliseconds)
        }),
        this.#ended.then(() => {
          throw this.#noAnswer(String(this.#child.signalCode ?? this.#child.exitCode ?? 'not started'))
        }),
      ])
    } finally {
      clearTimeout(patience)
      this.#child.off('message', hear)
    }
  }

  #noAnswer(how: string): TestKitError {
    return new TestKitError(
      `a process of the test kit gave no answer (${how}): ${this.#child.spawnfile}.`,
      'See what it wrote to standard error, and whether `execPath` is a Node or an Electron.',
    )
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone already, which is what was wanted.
  }
}
