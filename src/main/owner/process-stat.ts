import { readFileSync, readlinkSync } from 'node:fs'
import { printable } from '../../shared/printable.ts'

/** What `/proc/PID/stat` tells of a process: man 5 proc_pid_stat. */
export interface ProcessStat {
  /** The program's name (`comm`, at most 15 bytes), printable: a program chooses it (man 2 prctl, PR_SET_NAME). */
  readonly program: string
  /** Clock ticks between boot and its start. */
  readonly startTicks: number
  /** Whether it has ended and only waits for its parent to take notice. */
  readonly hasEnded: boolean
}

// USER_HZ, which every kernel Electron runs on fixes at 100 (man 7 time).
const ticksPerSecond = 100

/**
 * Reads a process's name and start.
 *
 * @throws the system's error where there is no such process, or none of this may be read.
 */
export function readProcessStat(pid: number | 'self'): ProcessStat | undefined {
  return parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

/** Reads one line of `/proc/PID/stat`. The name stands in parentheses and may have some, and spaces, in itself. */
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

/**
 * The boot-time offset of the time namespace of a process, in clock ticks (man 7 time_namespaces). 0 if there is none.
 */
export function bootOffsetTicks(pid: number | 'self'): number {
  try {
    const offsets = readFileSync(`/proc/${pid}/timens_offsets`, 'utf8')
    const [, seconds, nanoseconds] = /^boottime\s+(-?\d+)\s+(\d+)/m.exec(offsets) ?? []
    return Math.floor((Number(seconds ?? 0) + Number(nanoseconds ?? 0) / 1e9) * ticksPerSecond)
  } catch {
    // A kernel without time namespaces.
    return 0
  }
}

let bootSeconds: number | undefined

/** When a process started, ISO 8601, UTC; to the second, since the kernel tells its boot no better. */
export function startTimeOf({ startTicks }: ProcessStat): string | undefined {
  bootSeconds ??= readBootSeconds()
  if (bootSeconds === undefined) return undefined
  return new Date(Math.trunc(bootSeconds + startTicks / ticksPerSecond) * 1000).toISOString()
}

function readBootSeconds(): number | undefined {
  const text = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]
  return text === undefined ? undefined : Number(text)
}

/** Whether some process has a PID here, no matter which (man 2 kill, signal 0). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

let procIsOurs: boolean | undefined

/** Whether the PIDs in `/proc` are this process's own: a new PID namespace may still see its parent's there. */
export function isProcOurs(): boolean {
  procIsOurs ??= process.platform === 'linux' && selfInProc() === String(process.pid)
  return procIsOurs
}

function selfInProc(): string | undefined {
  try {
    return readlinkSync('/proc/self')
  } catch {
    // There is no /proc.
    return undefined
  }
}
