import { readFileSync, statSync } from 'node:fs'
import type { OwnerRecord } from '../../lock/owner-record.ts'
import type { OwnerPlace } from './held-case.ts'

/** The fields of an owner record that tell one process from every other. */
export type IdentifiedOwner = OwnerRecord & {
  readonly host?: string
  readonly boot_id?: string
  /** The inode of the PID namespace. */
  readonly pid_ns?: number
  /** In clock ticks since boot. */
  readonly start_ticks?: number
  readonly exec_path?: string
}

/** Where an owner's PID counts. An owner that does not tell is taken to be here. */
export function placeOf({ boot_id, pid_ns }: IdentifiedOwner): OwnerPlace {
  if (boot_id !== undefined && boot_id !== bootId()) return 'other-host'
  if (pid_ns !== undefined && pid_ns !== pidNamespace()) return 'other-pid-namespace'
  return 'here'
}

/** Whether the process with the owner's PID is the owner itself, and not one that got the number after it. */
export function isSameProcess(owner: IdentifiedOwner): boolean {
  if (owner.start_ticks === undefined || placeOf(owner) !== 'here') return false
  return owner.start_ticks === startTicks(owner.pid)
}

function bootId(): string | undefined {
  return attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
}

function pidNamespace(): number | undefined {
  return attempt(() => statSync('/proc/self/ns/pid').ino)
}

/** Field 22 of /proc/PID/stat (man 5 proc_pid_stat), counted from behind the program's name, which may hold spaces. */
function startTicks(pid: number): number | undefined {
  return attempt(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
  })
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    // No /proc, or no such process: then it is not known, and what is not known is never signalled.
    return undefined
  }
}
