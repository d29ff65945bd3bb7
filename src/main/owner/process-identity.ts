import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import type { OwnerRecord } from './owner-record.ts'
import { bootOffsetTicks, isProcOurs, readProc, readProcessStat, statusNumbers } from './process-stat.ts'

/**
 * The facts that together identify one process, as the process itself would write them. A PID alone is not enough,
 * because PIDs are reused and start at 1 again in every container.
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

const fields = ['pid', 'boot_id', 'pid_ns', 'start_ticks'] as const satisfies (keyof ProcessIdentity)[]

/** An identity, and facts by which people recognize the process. */
type OwnIdentity = ProcessIdentity & Pick<OwnerRecord, 'host' | 'exec_path'>

let own: OwnIdentity | undefined

/** Returns the identity of this process. It is read once: only the host's name can change, and it decides nothing. */
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
 * Returns the identity of a process. Linux only. A field that this user may not read is left out.
 *
 * @param pid the process id in the PID namespace of this process.
 * @returns undefined if there is no such process, or if the system does not show it.
 */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const read = isProcOurs() ? readIdentity(pid) : {}
  if (read.start_ticks === undefined) return undefined
  const isOfThisNamespace = read.pid_ns === undefined || read.pid_ns === ownIdentity().pid_ns
  // The last number of `NSpid` is the PID in the process's own namespace (man 5 proc_pid_status).
  return { pid: isOfThisNamespace ? pid : (statusNumbers(pid, 'NSpid').at(-1) ?? pid), ...read }
}

/**
 * Returns whether a record names a process that runs on this system now. Boot, PID namespace, PID and start time must
 * all be known and equal.
 *
 * The result does not prove that this process wrote the record or has the lock. Any user who can write to the directory
 * can write a record that names any process. Before you signal a process, check that it is the `holder` of the
 * `DataDirLockedError`, and that `hasLock` is true.
 *
 * @returns false if the system does not show these facts, as on macOS and Windows.
 */
export function isSameProcess(record: OwnerRecord): boolean {
  if (!isComplete(record) || record.pid_ns !== ownIdentity().pid_ns) return false
  const living = identityOf(record.pid)
  return living !== undefined && isComplete(living) && matches(record, living)
}

/** Whether every field that both have is equal. */
export function matches(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return fields.every((key) => a[key] === undefined || b[key] === undefined || a[key] === b[key])
}

function isComplete(identity: ProcessIdentity): boolean {
  return fields.every((key) => identity[key] !== undefined)
}

let bootId: { boot_id?: string } | undefined

function readIdentity(pid: number | 'self'): Omit<ProcessIdentity, 'pid'> {
  if (process.platform !== 'linux') return {}
  bootId ??= pick('boot_id', () => readProc('sys/kernel/random/boot_id').trim() || undefined)
  return {
    ...bootId,
    ...pick('pid_ns', () => Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/pid`))?.[0])),
    ...pick('start_ticks', () => startTicksOf(pid)),
  }
}

/** The start as the process itself reads it, with the offset of its own time namespace (man 7 time_namespaces). */
function startTicksOf(pid: number | 'self'): number | undefined {
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
    // No /proc, no such process, or one that this user may not read: the field is left out.
    return {}
  }
}
