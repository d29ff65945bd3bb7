import { setTimeout as sleep } from 'node:timers/promises'
import { stillHolds } from '../../owner/holder.ts'
import type { OwnerWatch } from './owner-watch.ts'

/** How long the owner has to close after SIGTERM, and the kernel to free the lock after SIGKILL, in milliseconds. */
const graceTime = 5_000
/** How long an owner that has begun to close may take, in milliseconds: closing its database ends in one long call. */
const closingTime = 30_000
const pause = 50

/** `free` if this process has the lock now. `another-owner` gets no signal. `failed` is the reason of the system. */
export type EndResult = 'free' | 'another-owner' | { readonly failed: string }

/**
 * Ends an owner that does not answer: SIGTERM, then SIGKILL, and waits until this process has the lock. Call it only after
 * the user has said so twice.
 *
 * Before each signal the kernel is asked again. A process gets the signal only if its `fdinfo` shows the lock and its
 * start time is that of the first look. `/proc/locks` and the owner record are not enough, because another user can make
 * both name any process. Node.js has no pidfd, so microseconds remain between the check and the signal. Another process
 * gets the signal only if the owner ends in this time and the system gives its PID out again. The system does that only
 * after all other PIDs.
 *
 * @param pid of the owner that the user was asked about.
 */
export async function endProcess(watch: OwnerWatch, pid: number | undefined): Promise<EndResult> {
  const { holder } = watch.error
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (watch.isFree()) return 'free'
    if (pid === undefined || watch.error.pid !== pid || holder?.pid !== pid) return 'another-owner'
    if (!stillHolds(holder)) return { failed: `PID ${pid}` }
    try {
      process.kill(pid, signal)
    } catch (error) {
      // ESRCH: it ended by itself a moment ago. Any other error, such as EPERM, would come again the second time.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') return { failed: String(error) }
    }
    if (await becomesFree(watch)) return 'free'
  }
  return { failed: `PID ${pid}` }
}

async function becomesFree(watch: OwnerWatch): Promise<boolean> {
  const begin = performance.now()
  const isClosing = () => watch.error.owner?.state === 'quitting'
  const wasClosing = isClosing()
  for (;;) {
    if (watch.isFree()) return true
    // An owner that was closing before the signal has had its time: that it does not come to an end is why it is ended.
    const patience = !wasClosing && isClosing() ? closingTime : graceTime
    if (performance.now() - begin >= patience) return false
    await sleep(pause)
  }
}
