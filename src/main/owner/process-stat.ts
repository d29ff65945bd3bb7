import { readFileSync, readlinkSync } from 'node:fs'
import { printable } from '../../shared/printable.ts'

/** A process as `/proc/PID/stat` shows it: man 5 proc_pid_stat. */
export interface ProcessStat {
  /** The program's name (`comm`, at most 15 bytes), printable: a program chooses it (man 2 prctl, PR_SET_NAME). */
  readonly program: string
  /** The clock ticks between boot and its start. */
  readonly startTicks: number
  /** Whether it has ended, and its parent has not noticed yet. */
  readonly hasEnded: boolean
}

// USER_HZ, which every kernel Electron runs on fixes at 100 (man 7 time).
const ticksPerSecond = 100

/** Returns the text of a file in `/proc`. It is empty if there is no such file, or if this user may not read it. */
export function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    // There is no /proc, the process has ended, or it belongs to another user (man 5 proc, hidepid).
    return ''
  }
}

/**
 * Reads the name and the start of a process.
 *
 * @returns undefined if there is no such process, or if this user may not read the file.
 */
export function readProcessStat(pid: number | 'self'): ProcessStat | undefined {
  return parseProcessStat(readProc(`${pid}/stat`))
}

/** Reads one line of `/proc/PID/stat`. The name is in parentheses, and it may contain parentheses and spaces. */
export function parseProcessStat(line: string): ProcessStat | undefined {
  const open = line.indexOf('(')
  const close = line.lastIndexOf(')')
  const fields = line.slice(close + 2).split(' ')
  // The state, field 3, is the first one after the name; the start is field 22.
  const startTicks = Number(fields[19])
  if (open < 0 || close < open || !Number.isSafeInteger(startTicks) || startTicks < 0) return undefined
  return {
    program: printable(line.slice(open + 1, close)),
    startTicks,
    hasEnded: fields[0] === 'Z' || fields[0] === 'X',
  }
}

/** Returns the boot-time offset of a process's time namespace, in clock ticks (man 7 time_namespaces). 0 if there is none. */
export function bootOffsetTicks(pid: number | 'self'): number {
  // A kernel without time namespaces has no such file.
  const offsets = readProc(`${pid}/timens_offsets`)
  const [, seconds = 0, nanoseconds = 0] = /^boottime\s+(-?\d+)\s+(\d+)/m.exec(offsets) ?? []
  return Math.floor((Number(seconds) + Number(nanoseconds) / 1e9) * ticksPerSecond)
}

/**
 * The numbers of one field of `/proc/PID/status` (man 5 proc_pid_status).
 *
 * @returns none if there is no such process, or if the system does not show it (man 5 proc, hidepid).
 */
export function statusNumbers(pid: number, field: 'Uid' | 'Gid' | 'Groups' | 'NSpid'): number[] {
  const [, numbers = ''] = new RegExp(`^${field}:(.*)$`, 'm').exec(readProc(`${pid}/status`)) ?? []
  return numbers.split(/\s+/).filter(Boolean).map(Number)
}

/**
 * Returns the effective user id of a process. Linux only. The owner of `/proc/PID` does not show it, because that is root if
 * the process may not be dumped, for example because it became this user after it had started (man 5 proc_pid).
 *
 * @returns undefined if there is no such process, or if the system does not show it.
 */
export function userOfProcess(pid: number): number | undefined {
  return statusNumbers(pid, 'Uid')[1]
}

let bootSeconds: string | undefined

/** Returns when a process started: ISO 8601, UTC, to the second, because the kernel's time of boot is no more exact. */
export function startTimeOf({ startTicks }: ProcessStat): string | undefined {
  bootSeconds ??= /^btime (\d+)$/m.exec(readProc('stat'))?.[1]
  if (bootSeconds === undefined) return undefined
  return new Date(Math.trunc(Number(bootSeconds) + startTicks / ticksPerSecond) * 1000).toISOString()
}

/** Whether any process has a PID here (man 2 kill, signal 0). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

let procIsOurs: boolean | undefined

/** Whether the PIDs in `/proc` are those of this process's PID namespace. A new namespace may still show its parent's. */
export function isProcOurs(): boolean {
  procIsOurs ??= process.platform === 'linux' && isSelfInProc()
  return procIsOurs
}

function isSelfInProc(): boolean {
  try {
    return readlinkSync('/proc/self') === String(process.pid)
  } catch {
    // There is no /proc.
    return false
  }
}
