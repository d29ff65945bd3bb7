import { setTimeout as sleep } from 'node:timers/promises'
import { stillHolds } from '../../owner/holder.ts'
import type { OwnerWatch } from './owner-watch.ts'

/** How long the owner has to close after SIGTERM, and the kernel to free the lock after SIGKILL, in milliseconds. */
const graceTime = 5_000
/** How long an owner may take that has begun to close: its database ends in one long call. */
const closingTime = 30_000
const pause = 50

/** What came of it; a text says why nothing did, in the system's words. */
export type EndResult = 'free' | 'somebody-else' | { readonly failed: string }

/**
 * Ends an owner that does not answer: SIGTERM, then SIGKILL, and waits until its lock is this process's. Only ever
 * called after a person has said so twice.
 *
 * Before each signal the kernel is asked again. Only a process gets the signal whose `fdinfo` shows the lock and whose
 * start time is that of the first look. `/proc/locks` and the owner record are not enough, because another user can make
 * both name any process. Node.js has no pidfd, so microseconds remain between the check and the signal. Another process
 * gets the signal only if the owner ends in this time and the system gives its PID out again. The system does that only
 * after all other PIDs.
 *
 * @param pid of the owner that the person was asked about.
 */
export async function endProcess(watch: OwnerWatch, pid: number | undefined): Promise<EndResult> {
  const { holder } = watch.error
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (watch.isFree()) return 'free'
    if (pid === undefined || watch.error.pid !== pid || holder?.pid !== pid) return 'somebody-else'
    if (!stillHolds(holder)) return { failed: `PID ${pid}` }
    try {
      process.kill(pid, signal)
    } catch (error) {
      // ESRCH: it ended by itself a moment ago. Anything else, EPERM for one, will not be better the second time.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') return { failed: String(error) }
    }
    if (await becomesFree(watch)) return 'free'
  }
  return { failed: `PID ${pid}` }
}

async function becomesFree(watch: OwnerWatch): Promise<boolean> {
  const begin = performance.now()
  const wasClosing = isClosing(watch)
  for (;;) {
    if (watch.isFree()) return true
    // One that was closing for long before it was asked to is what did not come to an end.
    const patience = !wasClosing && isClosing(watch) ? closingTime : graceTime
    if (performance.now() - begin >= patience) return false
    await sleep(pause)
  }
}

function isClosing({ error: { owner } }: OwnerWatch): boolean {
  return owner?.state === 'quitting'
}
