import { readdirSync, readFileSync } from 'node:fs'
import { foreignText } from '../../shared/printable.ts'
import { fileLocks, findFlockPids, type LockedFile } from './proc-locks.ts'
import { isAlive, isProcOurs, readProcessStat, startTimeOf } from './process-stat.ts'
import { userOfProcess } from './process-user.ts'

/** The process that holds an advisory lock, according to the kernel, with or without an owner record. */
export interface Holder {
  /** Its process id, as this process sees it (`/proc/locks`, man 5 proc_locks). */
  readonly pid: number
  /**
   * Whether its `/proc/PID/fdinfo` shows the lock. This is false if only `/proc/locks` names the process: it took the lock,
   * and this user may not see whether it still has it.
   */
  readonly hasLock: boolean
  /** The number of the user account it runs as (its effective uid), if it can be read. */
  readonly uid: number | undefined
  /** The program's name (`comm`, at most 15 bytes: man 5 proc_pid_comm), if it can be read. */
  readonly program: string | undefined
  /** Its command line, arguments separated by spaces, shortened to 1000 characters; if it can be read. */
  readonly commandLine?: string | undefined
  /** When it started: ISO 8601, UTC, to the second; if it can be read. */
  readonly startedAt?: string | undefined
}

/** What the kernel shows of the flock on a file. */
export interface Look {
  /** Whether `/proc/locks` lists one of a process that is or was here; undefined if the system cannot show that. */
  readonly isListed: boolean | undefined
  /** The process that has it, or one of those that share it. */
  readonly holder: Holder | undefined
}

/**
 * Asks the kernel who holds the flock on a file. Linux only.
 *
 * The list names the process that took the lock, even if that process has ended and a child still has the lock, or if its
 * PID now belongs to another process. So a living process whose `fdinfo` shows the lock comes first. A listed process
 * without this proof is named only if it lives and this user may not look into it.
 *
 * @param isThorough whether to look into all processes even if none is listed. In a PID namespace the kernel lists no lock
 * of a process that has ended.
 */
export function lookAtLock(path: string, isThorough = false): Look {
  if (!isProcOurs()) return { isListed: undefined, holder: undefined }
  try {
    const { pids, files, isUncertain } = fileLocks(path)
    // Kernels before 4.14 say 0 for a process of another PID namespace; later ones leave the line out.
    const listed = pids.filter((pid) => pid > 0)
    const isListed = listed.length > 0 || (isUncertain ? undefined : false)
    return { isListed, holder: isListed || isThorough ? whoHas(files, listed) : undefined }
  } catch {
    // No /proc here: the owner record is all there is, and every caller can do without a holder.
    return { isListed: undefined, holder: undefined }
  }
}

/**
 * Whether the kernel lists a flock on a file. A process that is ending has closed everything, so that nobody can say
 * who holds it, a moment before the kernel lets the lock go.
 *
 * @returns false also where nobody can tell: on other systems, and without the file.
 */
export function isListed(path: string): boolean {
  try {
    return fileLocks(path).pids.length > 0
  } catch {
    return false
  }
}

/** What was seen when a holder was named: enough to look at the very same process and lock again. */
const seen = new WeakMap<Holder, { readonly files: readonly LockedFile[]; readonly startTicks: number }>()

/** Whether a holder that {@link lookAtLock} has named is still the same process, and its `fdinfo` shows the lock now. */
export function stillHas(holder: Holder): boolean {
  const before = seen.get(holder)
  return (
    before !== undefined &&
    hasLock(holder.pid, before.files) === true &&
    startTicksOf(holder.pid) === before.startTicks
  )
}

function whoHas(files: readonly LockedFile[], listed: readonly number[]): Holder | undefined {
  const answers = new Map<number, boolean | undefined>()
  for (const pid of listed) {
    const has = hasLock(pid, files)
    if (has) return proven(pid, files)
    answers.set(pid, has)
  }
  const heir = processes().find((pid) => !answers.has(pid) && hasLock(pid, files))
  if (heir !== undefined) return proven(heir, files)
  // Another user's process cannot be looked into: then the kernel's list is all there is.
  const hidden = listed.find((pid) => answers.get(pid) === undefined)
  return hidden === undefined ? undefined : describeProcess(hidden)
}

function proven(pid: number, files: readonly LockedFile[]): Holder | undefined {
  const holder = describeProcess(pid, true)
  const startTicks = startTicksOf(pid)
  if (holder && startTicks !== undefined) seen.set(holder, { files, startTicks })
  return holder
}

function startTicksOf(pid: number): number | undefined {
  try {
    return readProcessStat(pid)?.startTicks
  } catch {
    // It has ended.
    return undefined
  }
}

/**
 * Whether a process has a descriptor with the lock: the `lock:` lines of man 5 proc_pid_fdinfo.
 *
 * @returns undefined if it lives and this user may not look into it.
 */
function hasLock(pid: number, files: readonly LockedFile[]): boolean | undefined {
  const folder = `/proc/${pid}/fdinfo`
  try {
    return readdirSync(folder).some((fd) => {
      const locks = lockLinesOf(`${folder}/${fd}`)
      return locks !== '' && files.some((file) => findFlockPids(locks, file).length > 0)
    })
  } catch {
    // A process that has ended and waits for its parent gives the same error as one of another user.
    return isRunning(pid) ? undefined : false
  }
}

function isRunning(pid: number): boolean {
  try {
    return readProcessStat(pid)?.hasEnded !== true
  } catch {
    // With hidepid (man 5 proc) other users' processes look as if there were none.
    return isAlive(pid)
  }
}

function lockLinesOf(fdinfo: string): string {
  try {
    const text = readFileSync(fdinfo, 'utf8')
    return text.includes('\nlock:') ? text.replaceAll(/^lock:\s*/gm, '') : ''
  } catch {
    // Closed in this moment.
    return ''
  }
}

function processes(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isSafeInteger)
}

const commandLineCharacters = 1_000

/**
 * What the system says about a process. Linux only.
 *
 * @param hasLock whether its `fdinfo` shows the lock that it is named for.
 * @returns undefined for a process that is gone.
 */
export function describeProcess(pid: number, hasLock = false): Holder | undefined {
  try {
    const stat = readProcessStat(pid)
    return {
      pid,
      hasLock,
      uid: userOfProcess(pid),
      program: stat?.program || undefined,
      commandLine: commandLineOf(pid),
      startedAt: stat && startTimeOf(stat),
    }
  } catch {
    // With hidepid (man 5 proc) other users' processes look as if there were none: the PID alone still helps.
    return isAlive(pid) ? { pid, hasLock, uid: undefined, program: undefined } : undefined
  }
}

/** Arguments end with NUL each (man 5 proc_pid_cmdline); a kernel thread and a zombie have none. */
function commandLineOf(pid: number): string | undefined {
  const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  return foreignText(text, commandLineCharacters) || undefined
}
