import { type ChildProcess, fork } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { threadFile } from '../runtime/thread-file.ts'
import { TestKitError } from './errors.ts'
import { type Answer, lifeline, type Order, type Report, type Request, readyId } from './kit-messages.ts'

/** The program that runs the process, and its environment. */
export interface ProcessOptions {
  /**
   * The path of a Node.js or an Electron for which `fs-ext` is compiled. Default: the program that runs the test.
   * Electron is started as plain Node.js. A test in Electron's main process needs no `execPath`. A test in another
   * Node.js must set it to the path of Electron.
   */
  readonly execPath?: string
  /** Variables that are added to the environment of the test. */
  readonly env?: NodeJS.ProcessEnv
}

// Far above what a loaded machine needs. A program that is not a Node, or is stopped, never answers.
const patienceMilliseconds = 30_000

const running = new Set<KitProcess>()
process.once('exit', () => {
  for (const kitProcess of running) kitProcess.signal('SIGKILL')
})

/** A process that takes orders. It does not outlive the test that started it. */
export class KitProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  readonly #childPids: number[] = []
  readonly #waiting = new Map<number, (report: Report) => void>()
  #lastId = readyId

  /** @throws {TestKitError} if it cannot be started. */
  static async start({ execPath = process.execPath, env }: ProcessOptions): Promise<KitProcess> {
    const file = fileURLToPath(threadFile(new URL('./holder-process.js', import.meta.url)))
    const child = fork(file, {
      execPath,
      execArgv: [],
      env: { ...process.env, ...env, ELECTRON_RUN_AS_NODE: '1' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc', 'pipe'],
    })
    const kitProcess = new KitProcess(child)
    try {
      await kitProcess.#reportOn(readyId)
    } catch (error) {
      await kitProcess.end()
      throw error
    }
    return kitProcess
  }

  private constructor(child: ChildProcess) {
    this.#child = child
    running.add(this)
    child.on('message', ({ id, report }: Answer) => this.#waiting.get(id)?.(report))
    // Only its end counts, at the latest when this process ends.
    this.#lifeline?.unref()
    this.#ended = new Promise((resolve) => {
      child.once('exit', resolve)
      // A program that cannot be started emits an error and no exit. An order to a process that ends is an error too.
      child.on('error', () => child.pid === undefined && resolve(undefined))
    }).finally(() => running.delete(this))
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get #lifeline(): Socket | undefined {
    return (this.#child.stdio[lifeline] as Socket | null | undefined) ?? undefined
  }

  /** @throws {TestKitError} if the process ends before it answers, or does not answer within 30 s. */
  async ask(order: Order): Promise<Report> {
    const id = ++this.#lastId
    if (this.#child.connected) this.#child.send({ id, order } satisfies Request)
    const report = await this.#reportOn(id)
    if (report.type === 'child') this.#childPids.push(report.pid)
    return report
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Lets it continue if it is stopped. */
  resume(): void {
    // Windows has no such signal, and Node throws for a signal that the system does not have.
    if (process.platform !== 'win32') this.#child.kill('SIGCONT')
  }

  /** Sends a signal that ends the process, and waits for its end. Its lock is free then. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal)
    // Only SIGKILL ends a stopped process. Other signals end it when it continues.
    if (signal !== 'SIGKILL') this.resume()
    await this.#ended
  }

  /** Kills it and the children that it started. */
  async end(): Promise<void> {
    await this.kill('SIGKILL')
    this.#lifeline?.destroy()
    // A stopped child does not notice that.
    for (const pid of this.#childPids.splice(0)) killIfThere(pid)
  }

  async #reportOn(id: number): Promise<Report> {
    let patience: NodeJS.Timeout | undefined
    try {
      return await Promise.race([
        new Promise<Report>((resolve, reject) => {
          this.#waiting.set(id, resolve)
          patience = setTimeout(() => reject(this.#noAnswer('silent')), patienceMilliseconds)
        }),
        this.#ended.then(() => {
          throw this.#noAnswer(String(this.#child.signalCode ?? this.#child.exitCode ?? 'not started'))
        }),
      ])
    } finally {
      clearTimeout(patience)
      this.#waiting.delete(id)
    }
  }

  #noAnswer(how: string): TestKitError {
    return new TestKitError(
      `A process of the test kit gave no answer (${how}): ${this.#child.spawnfile}.`,
      'Read what it wrote to standard error, and check that `execPath` is a Node.js or an Electron.',
    )
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has already ended.
  }
}
