import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkOptions, type OptionChecks } from '../../shared/check-options.ts'
import { plainObject, text } from '../../shared/option-kinds.ts'
import { lockPathIn } from '../directory/names.ts'
import { TestKitError } from './errors.ts'
import type { HolderLock, Refusal } from './kit-messages.ts'
import { KitProcess, type ProcessOptions } from './kit-process.ts'

/** The options of the lock that a holder takes, and of the program that runs it. Only `dir` is required. */
export interface HolderOptions extends HolderLock, ProcessOptions {}

export const processOptionChecks: OptionChecks<ProcessOptions> = { execPath: text, env: plainObject }

export const holderOptionChecks: OptionChecks<HolderOptions> = {
  dir: text,
  name: text,
  app: text,
  version: text,
  ...processOptionChecks,
}

/**
 * A real process that holds a data directory's lock. It is killed when the process of the test ends, even if that
 * process crashes.
 */
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
   * Sends a signal that ends the process, SIGKILL by default, and waits for its end. The lock is free then. A stopped
   * process is resumed, so that it receives the signal.
   */
  kill(signal?: NodeJS.Signals): Promise<void>
  /**
   * Stops the process with SIGSTOP. It then still holds the lock and answers no requests. POSIX only. On Linux the
   * process has stopped when the promise resolves.
   */
  stop(): Promise<void>
  /** Lets the process continue after {@link stop}, with SIGCONT. */
  resume(): void
  /** Releases the lock as an app that quits does, and ends. A stopped process is resumed first. */
  release(): Promise<void>
  /**
   * Starts a process that outlives the holder. It is killed when the holder is disposed of, and ends with the process of
   * the test.
   *
   * @returns its process id.
   */
  startChild(): Promise<number>
}

/**
 * Starts a second process that takes the lock of a data directory with this package, and waits until it has it.
 *
 * @throws {InvalidOptionError} for an option that is not known or not allowed.
 * @throws {TestKitError} if the lock is refused, with the error's code as `reason`, or if the process does not start.
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
  const kitProcess = await KitProcess.start(options)
  try {
    const outcome = await takeLock(kitProcess, options)
    if (!('code' in outcome)) return outcome
    const summary = `A holder of ${options.dir} was refused the lock: ${outcome.message}`
    throw new TestKitError(summary, 'Look up the code of the error, which is in `reason`.', outcome.code)
  } catch (error) {
    await kitProcess.end()
    throw error
  }
}

/** Lets a process try for the lock, at once or at a moment of the monotonic clock. */
export async function takeLock(
  kitProcess: KitProcess,
  { execPath: _, env: __, ...lock }: HolderOptions,
  at?: string,
): Promise<HolderProcess | Refusal> {
  const report = await kitProcess.ask({ type: 'acquire', lock, at })
  if (report.type === 'held') return holderOf(kitProcess, report.dir, report.name)
  if (report.type === 'refused') return report
  throw new TestKitError(
    `A process of the test kit sent the unexpected message ${report.type}.`,
    'Report this as a bug.',
  )
}

function holderOf(kitProcess: KitProcess, dir: string, name: string): HolderProcess {
  const { pid } = kitProcess
  return {
    pid,
    dir,
    name,
    lockPath: lockPathIn(dir, name),
    kill: (signal = 'SIGKILL') => kitProcess.kill(signal),
    async stop() {
      kitProcess.signal('SIGSTOP')
      while (process.platform === 'linux' && !isStopped(pid)) await sleep(1)
    },
    resume: () => kitProcess.resume(),
    async release() {
      kitProcess.resume()
      await kitProcess.ask({ type: 'release' })
      await kitProcess.end()
    },
    async startChild() {
      const report = await kitProcess.ask({ type: 'start-child' })
      return report.type === 'child' ? report.pid : 0
    },
    [Symbol.asyncDispose]: () => kitProcess.end(),
  }
}

/** Whether a process is stopped or gone. man 5 proc_pid_stat: the state is the first field after the name in parentheses. */
function isStopped(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return /^[TtZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
  } catch {
    // There is no such process, so there is nothing to wait for.
    return true
  }
}
