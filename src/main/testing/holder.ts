import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkOptions, type OptionChecks } from '../../shared/check-options.ts'
import { plainObject, text } from '../../shared/option-kinds.ts'
import { lockPathIn } from '../directory/names.ts'
import { TestKitError } from './errors.ts'
import { KitProcess, type ProcessOptions } from './kit-process.ts'
import type { HolderLock, Refusal } from './messages.ts'

/** What a holder takes the lock with, and which program runs it. Only `dir` must be given. */
export interface HolderOptions extends HolderLock, ProcessOptions {}

export const processOptionChecks: OptionChecks<ProcessOptions> = { execPath: text, env: plainObject }

export const holderOptionChecks: OptionChecks<HolderOptions> = {
  dir: text,
  name: text,
  app: text,
  version: text,
  ...processOptionChecks,
}

/** A real process that holds a data directory's lock. Whatever becomes of the test, it is killed at its end. */
export interface HolderProcess extends AsyncDisposable {
  /** Its process id. */
  readonly pid: number
  /** The data directory's real path. */
  readonly dir: string
  /** The data directory's name. */
  readonly name: string
  /** The lock file, `NAME.lock` in {@link dir}. */
  readonly lockPath: string
  /**
   * Sends a signal that ends it, SIGKILL unless told otherwise, and waits for its end: the lock is free then. A stopped
   * one goes on, to take the signal.
   */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** SIGSTOP: it holds the lock and answers nobody. POSIX only; on Linux it has stopped when this returns. */
  stop(): Promise<void>
  /** SIGCONT: it goes on after {@link stop}. */
  resume(): void
  /** Releases the lock as an app that quits does, and ends. A stopped one is resumed first. */
  release(): Promise<void>
  /**
   * Starts a process that outlives the holder. It is killed with the holder's disposal, and ends with the process of the
   * test.
   *
   * @returns its process id.
   */
  startChild(): Promise<number>
}

/**
 * Starts a second process that takes the lock of a data directory with this package, and waits until it has it.
 *
 * @throws {InvalidOptionError} for an option that is not known or not allowed.
 * @throws {TestKitError} when the lock is refused to it, with the error's code as `reason`, or when it does not start.
 *
 * @example
 * ```ts
 * import { startHolder } from 'electron-datadir/testing'
 *
 * const holder = await startHolder({ dir, name: 'notes', app: 'Notes' })
 * try {
 *   // start your app here: it must say that process holder.pid has its data
 *   await holder.kill()
 *   // start it again: it must open
 * } finally {
 *   await holder[Symbol.asyncDispose]()
 * }
 * ```
 */
export async function startHolder(options: HolderOptions): Promise<HolderProcess> {
  checkOptions('startHolder', options, holderOptionChecks)
  const { execPath, env, ...lock } = options
  const kitProcess = await KitProcess.start({ ...(execPath && { execPath }), ...(env && { env }) })
  try {
    const outcome = await takeLock(kitProcess, lock)
    if (!('code' in outcome)) return outcome
    const summary = `a holder of ${lock.dir} was refused: ${outcome.message}`
    throw new TestKitError(summary, 'See `reason`.', outcome.code)
  } catch (error) {
    await kitProcess.end()
    throw error
  }
}

/** Has a process try for the lock, at a moment of the monotonic clock where one is given. */
export async function takeLock(
  kitProcess: KitProcess,
  lock: HolderLock,
  at?: string,
): Promise<HolderProcess | Refusal> {
  const { dir, name, app, version } = lock
  const order = { type: 'acquire', lock: { dir, ...definedOnly({ name, app, version }) } } as const
  const report = await kitProcess.ask(at === undefined ? order : { ...order, at })
  if (report.type === 'held') return new Holding(kitProcess, report.dir, report.name)
  if (report.type === 'refused') return report
  throw new TestKitError(`a process of the test kit said ${report.type}.`, 'Report this as a bug.')
}

function definedOnly<T extends object>(facts: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  const fields = Object.entries(facts).filter(([, value]) => value !== undefined)
  return Object.fromEntries(fields) as { [Key in keyof T]?: NonNullable<T[Key]> }
}

class Holding implements HolderProcess {
  readonly dir: string
  readonly name: string
  readonly #process: KitProcess

  constructor(kitProcess: KitProcess, dir: string, name: string) {
    this.#process = kitProcess
    this.dir = dir
    this.name = name
  }

  get pid(): number {
    return this.#process.pid
  }

  get lockPath(): string {
    return lockPathIn(this.dir, this.name)
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    return this.#process.kill(signal)
  }

  async stop(): Promise<void> {
    this.#process.signal('SIGSTOP')
    while (process.platform === 'linux' && !isStopped(this.pid)) await sleep(1)
  }

  resume(): void {
    this.#process.resume()
  }

  async release(): Promise<void> {
    this.resume()
    await this.#process.ask({ type: 'release' })
    await this.#process.end()
  }

  async startChild(): Promise<number> {
    const report = await this.#process.ask({ type: 'start-child' })
    return report.type === 'child' ? report.pid : 0
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process.end()
  }
}

/** Stopped, or gone meanwhile. man 5 proc_pid_stat: the state is the first field after the name in parentheses. */
function isStopped(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return /^[TtZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
  } catch {
    // No such process: there is nothing to wait for.
    return true
  }
}
