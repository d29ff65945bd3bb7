import { checkOptions } from '../../shared/check-options.ts'
import { type HolderOptions, type HolderProcess, holderOptionChecks, takeLock } from './holder.ts'
import { KitProcess } from './kit-process.ts'
import type { Refusal } from './messages.ts'

/** How a race ended. A lock that keeps its word has at most one winner. */
export interface RaceOutcome {
  /** They hold the lock until they are released or killed. */
  readonly winners: readonly HolderProcess[]
  /** Who did not get it, and why. */
  readonly refused: readonly (Refusal & { readonly pid: number })[]
}

/** Processes that stand at the barrier: started, with the package loaded. */
export interface Contenders extends AsyncDisposable {
  /** The process ids of all of them, winners too. */
  readonly pids: readonly number[]
  /**
   * Releases all that do not hold the lock at one moment, and waits until each has won or was refused. May be called
   * again, for instance after the winner was killed.
   */
  race(): Promise<RaceOutcome>
}

// From the order to the barrier: time for the last of them to hear of it.
const noticeMilliseconds = 40

/**
 * Starts processes that try for one lock at the same moment.
 *
 * @param count how many.
 * @throws {TestKitError} when one of them does not start; those that did are ended.
 *
 * @example
 * ```ts
 * import { startContenders } from 'electron-datadir/testing'
 *
 * const contenders = await startContenders(5, { dir, name: 'notes' })
 * const { winners, refused } = await contenders.race()
 * console.log(`${winners.length} won, ${refused.length} were refused`) // 1 won, 4 were refused
 * await contenders[Symbol.asyncDispose]()
 * ```
 */
export async function startContenders(count: number, options: HolderOptions): Promise<Contenders> {
  checkOptions('startContenders', options, holderOptionChecks)
  const starts = await Promise.allSettled(Array.from({ length: count }, () => KitProcess.start(options)))
  const processes = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
  const failed = starts.find((start) => start.status === 'rejected')
  if (failed) {
    await endAll(processes)
    throw failed.reason
  }
  return new ContendersAtBarrier(processes, options)
}

class ContendersAtBarrier implements Contenders {
  readonly #processes: readonly KitProcess[]
  readonly #options: HolderOptions
  readonly #won = new Set<KitProcess>()

  constructor(processes: readonly KitProcess[], options: HolderOptions) {
    this.#processes = processes
    this.#options = options
  }

  get pids(): readonly number[] {
    return this.#processes.map(({ pid }) => pid)
  }

  async race(): Promise<RaceOutcome> {
    const at = String(process.hrtime.bigint() + BigInt(noticeMilliseconds) * 1_000_000n)
    const winners: HolderProcess[] = []
    const refused: (Refusal & { pid: number })[] = []
    const racing = this.#processes.filter((kitProcess) => !this.#won.has(kitProcess))
    await Promise.all(
      racing.map(async (kitProcess) => {
        const outcome = await takeLock(kitProcess, this.#options, at)
        if ('code' in outcome) {
          refused.push({ ...outcome, pid: kitProcess.pid })
          return
        }
        this.#won.add(kitProcess)
        winners.push(outcome)
      }),
    )
    return { winners, refused }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return endAll(this.#processes)
  }
}

async function endAll(processes: readonly KitProcess[]): Promise<void> {
  await Promise.all(processes.map((kitProcess) => kitProcess.end()))
}
