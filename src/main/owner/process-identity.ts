import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import type { OwnerRecord } from './owner-record.ts'
import { bootOffsetTicks, isProcOurs, readProcessStat } from './process-stat.ts'

/**
 * What tells one process from every other, as that process itself would write it. A bare PID does not: it is
 * reused, and in every container it starts at 1 again.
 */
export interface ProcessIdentity {
  /** The process id, in the process's own PID namespace. */
  readonly pid: number
  /** Random, new with every boot of a kernel: `/proc/sys/kernel/random/boot_id` (man 5 proc_sys_kernel). */
  readonly boot_id?: string
  /** The inode number of its PID namespace: man 7 pid_namespaces. */
  readonly pid_ns?: number
  /**
   * The number of clock ticks between boot and the start of the process: field 22 of man 5 proc_pid_stat, as the process
   * reads it in its own time namespace.
   */
  readonly start_ticks?: number
}

/** An identity, and what helps people to recognise the process. */
export interface OwnIdentity extends ProcessIdentity {
  readonly host: string
  readonly exec_path: string
}

let own: OwnIdentity | undefined

/** The identity of this process. Read once: none of it changes, but the host's name, which decides nothing. */
export function ownIdentity(): OwnIdentity {
  own ??= {
    pid: process.pid,
    host: hostname(),
    ...readIdentity('self'),
    exec_path: process.execPath,
  }
  return own
}

/**
 * The identity of a process. Linux only; a single field is left out where this user may not read it.
 *
 * @param pid as this process sees it, in its own PID namespace.
 * @returns undefined where there is no such process, or the system does not tell.
 */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const read = isProcOurs() ? readIdentity(pid) : {}
  if (read.start_ticks === undefined) return undefined
  // Only in another namespace has it another number there than here.
  const isNeighbour = read.pid_ns === undefined || read.pid_ns === ownIdentity().pid_ns
  return { pid: isNeighbour ? pid : (innermostPid(pid) ?? pid), ...read }
}

/**
 * Whether a record names a process that lives here: boot, PID namespace, PID and start time must all be known and agree.
 *
 * It is no proof that this process wrote the record or has the lock: another user who may write in the directory can
 * write a record of any process. Before you signal a process, check that it is the `holder` of the `DataDirLockedError`,
 * and that `hasLock` is true.
 *
 * @returns false if the system does not show these, as on macOS and Windows.
 */
export function isSameProcess(record: OwnerRecord): boolean {
  if (!isComplete(record) || record.pid_ns !== ownIdentity().pid_ns) return false
  const living = identityOf(record.pid)
  return living !== undefined && isComplete(living) && agrees(record, living)
}

/** Whether nothing that both know is different. */
export function agrees(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return (
    a.pid === b.pid &&
    isEqualWhereKnown(a.boot_id, b.boot_id) &&
    isEqualWhereKnown(a.pid_ns, b.pid_ns) &&
    isEqualWhereKnown(a.start_ticks, b.start_ticks)
  )
}

function isEqualWhereKnown<T>(a: T | undefined, b: T | undefined): boolean {
  return a === undefined || b === undefined || a === b
}

function isComplete({ boot_id, pid_ns, start_ticks }: ProcessIdentity): boolean {
  return boot_id !== undefined && pid_ns !== undefined && start_ticks !== undefined
}

let bootId: { boot_id?: string } | undefined

function readIdentity(pid: number | 'self'): Omit<ProcessIdentity, 'pid'> {
  if (process.platform !== 'linux') return {}
  bootId ??= pick('boot_id', () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
  return {
    ...bootId,
    ...pick('pid_ns', () => Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/pid`))?.[0])),
    ...pick('start_ticks', () => ownStartTicks(pid)),
  }
}

/** A process reads every start time with the offset of its own time namespace (man 7 time_namespaces). */
function ownStartTicks(pid: number | 'self'): number | undefined {
  const ticks = readProcessStat(pid)?.startTicks
  return ticks === undefined || pid === 'self'
    ? ticks
    : ticks + bootOffsetTicks(pid) - bootOffsetTicks('self')
}

function pick<Key extends string, Value>(key: Key, read: () => Value | undefined): { [K in Key]?: Value } {
  try {
    const value = read()
    return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: Value })
  } catch {
    // No /proc, no such process, or one that this user may not look at: the field stays unknown.
    return {}
  }
}

/** The last number of `NSpid` is the one the process has in its own namespace (man 5 proc_pid_status). */
function innermostPid(pid: number): number | undefined {
  try {
    const numbers = /^NSpid:\s*(.+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return numbers === undefined ? undefined : Number(numbers.trim().split(/\s+/).at(-1))
  } catch {
    // It ended in this moment.
    return undefined
  }
}
