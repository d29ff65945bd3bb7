import type { Holder } from './holder.ts'
import type { OwnerRecord } from './owner-record.ts'

// A Linux owner may live in another PID namespace, where this process's PIDs mean nothing.
const systemHasPidNamespaces = process.platform === 'linux'

/**
 * Whether a record that was read while its lock was contended can be the present owner's. A killed owner leaves its
 * record behind, and the next one has the lock for a moment before it writes its own.
 *
 * The kernel knows best who holds the lock. Where it does not tell (macOS, Windows), a process that is gone cannot be
 * the owner; one that lives may be.
 */
export function isBelievable(
  record: OwnerRecord,
  holder: Holder | undefined,
  hasPidNamespaces: boolean = systemHasPidNamespaces,
): boolean {
  if (holder) return record.pid === holder.pid
  return hasPidNamespaces || isRunning(record.pid)
}

/**
 * Whether this very process wrote a record, through another of its threads: where PIDs mean the same to everybody, no
 * other process has had this one's since it started.
 */
export function isFromThisProcess(
  { pid, started_at }: OwnerRecord,
  hasPidNamespaces: boolean = systemHasPidNamespaces,
): boolean {
  const processStart = Date.now() - process.uptime() * 1000
  return !hasPidNamespaces && pid === process.pid && Date.parse(started_at ?? '') >= processStart
}

function isRunning(pid: number): boolean {
  try {
    // Signal 0 asks and sends nothing (man 2 kill; Node does the same with OpenProcess on Windows).
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
