import { checkOptions } from '../../shared/check-options.ts'
import type { Refusal } from './kit-messages.ts'
import { KitProcess } from './kit-process.ts'
import { type HolderOptions, type HolderProcess, holderOptionChecks, takeLock } from './start-holder.ts'

/** The result of a race. At most one process wins if the lock works. */
export interface RaceOutcome {
  /** They hold the lock until they are released or killed. */
  readonly winners: readonly HolderProcess[]
  /** The processes that did not get the lock, and why. */
  readonly refused: readonly (Refusal & { readonly pid: number })[]
}

/** Processes that wait at a barrier: started, with the package loaded. */
export interface Contenders extends AsyncDisposable {
  /** The process ids of all of them, winners too. */
  readonly pids: readonly number[]
  /**
   * Lets all processes that do not hold the lock try for it at the same moment, and waits until each has won or was
   * refused. It can be called again, for example after the winner was killed.
   */
  race(): Promise<RaceOutcome>
}

// From the order to the barrier: the time in which the order reaches the last process.
const noticeMilliseconds = 40

/**
 * Starts processes that try for one lock at the same moment.
 *
 * @param count the number of processes.
 * @throws {TestKitError} if one of the processes does not start. The others are then ended.
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
  const end = async () => {
    await Promise.all(processes.map((kitProcess) => kitProcess.end()))
  }
  const failed = starts.find((start) => start.status === 'rejected')
  if (failed) {
    await end()
    throw failed.reason
  }
  const won = new Set<KitProcess>()
  return {
    pids: processes.map(({ pid }) => pid),
    async race() {
      const at = String(process.hrtime.bigint() + BigInt(noticeMilliseconds) * 1_000_000n)
      const winners: HolderProcess[] = []
      const refused: (Refusal & { pid: number })[] = []
      const racing = processes.filter((kitProcess) => !won.has(kitProcess))
      const race = async (kitProcess: KitProcess) => {
        const outcome = await takeLock(kitProcess, options, at)
        if ('code' in outcome) {
          refused.push({ ...outcome, pid: kitProcess.pid })
          return
        }
        won.add(kitProcess)
        winners.push(outcome)
      }
      await Promise.all(racing.map(race))
      return { winners, refused }
    },
    [Symbol.asyncDispose]: end,
  }
}
