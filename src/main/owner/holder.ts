import { readdirSync } from 'node:fs'
import { foreignText } from '../../shared/printable.ts'
import {
  fileLocks,
  findFlockPids,
  type LockedFile,
  numbersByMount,
  numbersByStat,
  recordLockPid,
} from './proc-locks.ts'
import { isAlive, isProcOurs, readProc, readProcessStat, startTimeOf, userOfProcess } from './process-stat.ts'

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

/** The flock on a file, as the kernel shows it. */
export interface FlockInfo {
  /** Whether the kernel lists one of a process that is or was here; undefined if the system cannot show that. */
  readonly isListed: boolean | undefined
  /** The process that has it, or one of those that share it. */
  readonly holder: Holder | undefined
}

/**
 * Finds the process that holds the flock on a file. Linux only.
 *
 * The list names the process that took the lock, even if that process has ended and a child still has the lock, or if its
 * PID now belongs to another process. So a living process whose `fdinfo` shows the lock comes first. A listed process
 * without this proof is named only if it lives and this user may not read its `fdinfo`.
 *
 * @param recorded the PID in the owner record, if there is one. If the `fdinfo` of that process shows that it took the lock,
 * the list is not read. Otherwise all processes are searched, even if none is listed: in a PID namespace the kernel lists no
 * lock of a process that has ended.
 */
export function inspectFlock(path: string, recorded?: number): FlockInfo {
  if (!isProcOurs()) return { isListed: undefined, holder: undefined }
  try {
    if (recorded !== undefined) {
      const file = fileLockedBy(recorded, path)
      const holder = file && provenHolder(recorded, [file])
      if (holder) return { isListed: true, holder }
    }
    const { pids, files, isUncertain } = fileLocks(path)
    // Kernels before 4.14 list 0 for a process of another PID namespace. Later ones leave the line out.
    const listed = pids.filter((pid) => pid > 0)
    const isListed = listed.length > 0 || (isUncertain ? undefined : false)
    return { isListed, holder: isListed || recorded !== undefined ? findHolder(files, listed) : undefined }
  } catch {
    // There is no /proc. Only the owner record is left, and no caller requires a holder.
    return { isListed: undefined, holder: undefined }
  }
}

/**
 * Whether the kernel lists a flock on a file. A process that is ending has closed all descriptors, so that it is no longer
 * shown as the holder, a moment before the kernel releases its locks.
 *
 * @param recorded the PID in the owner record, if there is one. If the `fdinfo` of that process shows the lock, the list is not
 * read.
 * @returns false also if the system does not show it, and if there is no such file.
 */
export function isListed(path: string, recorded?: number): boolean {
  try {
    if (recorded !== undefined && fileLockedBy(recorded, path) !== undefined) return true
    return fileLocks(path).pids.length > 0
  } catch {
    return false
  }
}

/** What was found when a holder was named. It identifies the same process and lock later. */
const evidence = new WeakMap<Holder, { readonly files: readonly LockedFile[]; readonly startTicks: number }>()

/** Whether a holder from {@link inspectFlock} is still the same process, and its `fdinfo` shows the lock now. */
export function stillHolds(holder: Holder): boolean {
  const before = evidence.get(holder)
  return (
    before !== undefined &&
    hasLock(holder.pid, before.files) === true &&
    readProcessStat(holder.pid)?.startTicks === before.startTicks
  )
}

/**
 * Whether a process took the lock of a file and still has it. The kernel's list then has the same process.
 *
 * @returns the numbers of the file under which its `fdinfo` shows the lock.
 */
function fileLockedBy(pid: number, path: string): LockedFile | undefined {
  const byStat = numbersByStat(path)
  if (hasLock(pid, [byStat], pid)) return byStat
  const byMount = numbersByMount(path)?.file
  return byMount !== undefined && byMount !== byStat && hasLock(pid, [byMount], pid) ? byMount : undefined
}

function findHolder(files: readonly LockedFile[], listed: readonly number[]): Holder | undefined {
  const answers = new Map<number, boolean | undefined>()
  for (const pid of listed) {
    const has = hasLock(pid, files)
    if (has) return provenHolder(pid, files)
    answers.set(pid, has)
  }
  const processes = readdirSync('/proc').map(Number).filter(Number.isSafeInteger)
  const inheritor = processes.find((pid) => !answers.has(pid) && hasLock(pid, files))
  if (inheritor !== undefined) return provenHolder(inheritor, files)
  // The fdinfo of another user's process cannot be read. Only the kernel's list is left then.
  const hidden = listed.find((pid) => answers.get(pid) === undefined)
  return hidden === undefined ? undefined : describeProcess(hidden)
}

function provenHolder(pid: number, files: readonly LockedFile[]): Holder | undefined {
  const holder = describeProcess(pid, true)
  const startTicks = readProcessStat(pid)?.startTicks
  if (holder && startTicks !== undefined) evidence.set(holder, { files, startTicks })
  return holder
}

/**
 * Whether a process has a descriptor with the lock: the `lock:` lines of man 5 proc_pid_fdinfo.
 *
 * @param taker the process that took the lock. Default: any process, because a child inherits its descriptors.
 * @returns undefined if it lives and this user may not read its `fdinfo`.
 */
function hasLock(pid: number, files: readonly LockedFile[], taker?: number): boolean | undefined {
  try {
    return readdirSync(`/proc/${pid}/fdinfo`).some((fd) => {
      const locks = lockLinesOf(readProc(`${pid}/fdinfo/${fd}`))
      if (locks === '') return false
      const takers = files.flatMap((file) => findFlockPids(locks, file))
      return taker === undefined ? takers.length > 0 : takers.includes(taker)
    })
  } catch {
    // A process that has ended and waits for its parent gives the same error as one of another user.
    return isRunning(pid) ? undefined : false
  }
}

function isRunning(pid: number): boolean {
  const stat = readProcessStat(pid)
  // With hidepid (man 5 proc) the processes of other users are not in /proc.
  return stat ? !stat.hasEnded : isAlive(pid)
}

function lockLinesOf(fdinfo: string): string {
  return fdinfo.includes('\nlock:') ? fdinfo.replaceAll(/^lock:\s*/gm, '') : ''
}

/**
 * Finds another process that has record locks on a file, as SQLite takes them: see {@link recordLockPid}. Linux only.
 *
 * @param paths the files, the most important first.
 * @returns undefined on other systems, if no other process has such a lock, or if it cannot be seen from here.
 */
export function findRecordLockHolder(paths: readonly string[]): Holder | undefined {
  if (!isProcOurs()) return undefined
  try {
    const pid = recordLockPid(paths)
    return pid === undefined ? undefined : describeProcess(pid)
  } catch {
    // Without /proc the caller's error has no holder, which is no reason for another error.
    return undefined
  }
}

/** Returns the process in words that are safe for a dialog: `sqlite3 (PID 123)`. */
export function nameOfHolder({ program, pid }: Holder): string {
  return program === undefined ? `the process with PID ${pid}` : `${program} (PID ${pid})`
}

const commandLineCharacters = 1_000

/**
 * @param hasLock whether its `fdinfo` shows the lock that it is named for.
 * @returns undefined for a process that has ended.
 */
function describeProcess(pid: number, hasLock = false): Holder | undefined {
  const stat = readProcessStat(pid)
  // With hidepid (man 5 proc) the processes of other users are not in /proc. The PID alone still helps.
  if (!stat && !isAlive(pid)) return undefined
  return {
    pid,
    hasLock,
    uid: userOfProcess(pid),
    program: stat?.program || undefined,
    commandLine: commandLineOf(pid),
    startedAt: stat && startTimeOf(stat),
  }
}

/** Each argument ends with NUL (man 5 proc_pid_cmdline). A kernel thread and a zombie have none. */
function commandLineOf(pid: number): string | undefined {
  const text = readProc(`${pid}/cmdline`).replaceAll('\0', ' ').trim()
  return foreignText(text, commandLineCharacters) || undefined
}
