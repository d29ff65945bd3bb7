import { readFileSync } from 'node:fs'

/**
 * Whose process it is: the effective user id. Linux only. `/proc/PID` itself belongs to root if the process may not be
 * dumped, for instance because it became this user after it had started (man 5 proc_pid).
 *
 * @returns undefined if there is no such process, or the system gives no answer.
 */
export function userOfProcess(pid: number): number | undefined {
  try {
    const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return uid === undefined ? undefined : Number(uid)
  } catch {
    // It has ended, or is hidden (man 5 proc, hidepid).
    return undefined
  }
}
