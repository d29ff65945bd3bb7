import { readdirSync, readFileSync, statSync } from 'node:fs'
import { kernelFileAt } from './mounts.ts'
import { isAlive, isProcOurs, readProcessStat, startTimeOf } from './process-stat.ts'

/** The process that holds an advisory lock, as the kernel tells it, with or without an owner record. */
export interface Holder {
  /** Its process id, as this process sees it (`/proc/locks`, man 5 proc_locks). */
  readonly pid: number
  /** The program's name (`comm`, at most 15 bytes: man 5 proc_pid_comm), where it can be read. */
  readonly program: string | undefined
  /** Its command line, arguments separated by spaces, shortened to 1000 characters; where it can be read. */
  readonly commandLine?: string | undefined
  /** When it started: ISO 8601, UTC, to the second; where it can be read. */
  readonly startedAt?: string | undefined
}

/** The lock of one inode as `/proc/locks` writes it. */
interface LockedFile {
  readonly major: bigint
  readonly minor: bigint
  readonly inode: bigint
}

/**
 * Asks the kernel who holds the flock on a file, or one of those who share it. Linux only: `/proc/locks` (man 5 proc_locks).
 *
 * The kernel names the process that took the lock. A child it left behind may be the one that still has it: then
 * that one is named.
 *
 * @param isKnown says of a PID that it needs no such second look.
 * @returns undefined on other systems, where nobody holds it, or where the holder lives in a PID namespace
 * this process cannot see.
 */
export function findHolder(
  path: string,
  isKnown: (pid: number) => boolean = () => false,
): Holder | undefined {
  if (!isProcOurs()) return undefined
  try {
    const listed = findListed(path)
    // Kernels before 4.14 say 0 for a process of another PID namespace; later ones leave the line out.
    if (!listed?.pid) return undefined
    return isKnown(listed.pid) ? describeProcess(listed.pid) : describeWhoHas(listed.file, listed.pid)
  } catch {
    // No /proc here: the owner record is all there is, and every caller can do without a holder.
    return undefined
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
    return findListed(path) !== undefined
  } catch {
    return false
  }
}

function findListed(path: string): { file: LockedFile; pid: number } | undefined {
  const locks = readFileSync('/proc/locks', 'utf8')
  for (const file of spellingsOf(path)) {
    const pid = findFlockPid(locks, file, file.inode)
    if (pid !== undefined) return { file, pid }
  }
  return undefined
}

/** How the kernel may call a file: as `stat` does, or, on btrfs and some overlays, by its superblock's device. */
function* spellingsOf(path: string): Generator<LockedFile> {
  const { dev, ino } = statSync(path, { bigint: true })
  yield { ...deviceNumbers(dev), inode: ino }
  const file = kernelFileAt(path)
  const [major, minor] = file?.mount.device.split(':') ?? []
  if (major && minor) yield { major: BigInt(major), minor: BigInt(minor), inode: file?.inode ?? ino }
}

const flockLine = /^\d+: FLOCK +ADVISORY +(?:READ|WRITE) +(\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /i

/**
 * Finds the PID of a flock on one inode in the text of `/proc/locks`: the exclusive one, or the first of the shared ones
 * (`flock -s`), which keep an owner out as well.
 *
 * A line reads `1: FLOCK  ADVISORY  WRITE 1234 08:01:131 0 EOF`: device in hexadecimal, inode in decimal. Waiters
 * have `->` before the kind and are passed over.
 */
export function findFlockPid(
  locks: string,
  { major, minor }: { major: bigint; minor: bigint },
  inode: bigint,
): number | undefined {
  for (const line of locks.split('\n')) {
    const match = flockLine.exec(line)
    if (!match) continue
    const [, pid = '', lineMajor = '', lineMinor = '', lineInode = ''] = match
    if (BigInt(lineInode) !== inode) continue
    if (BigInt(`0x${lineMajor}`) !== major || BigInt(`0x${lineMinor}`) !== minor) continue
    return Number(pid)
  }
  return undefined
}

/** Splits `st_dev` as glibc's gnu_dev_major and gnu_dev_minor do (man 3 makedev). */
export function deviceNumbers(dev: bigint): { major: bigint; minor: bigint } {
  return {
    major: ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n),
    minor: (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n),
  }
}

/** The kernel keeps the PID that took the lock, also when that process is gone and its number somebody else's. */
function describeWhoHas(file: LockedFile, pid: number): Holder | undefined {
  const has = hasLock(pid, file)
  if (has) return describeProcess(pid)
  const heir = processes().find((other) => other !== pid && hasLock(other, file))
  if (heir !== undefined) return describeProcess(heir)
  // Another user's process cannot be looked into: then the kernel's word is all there is.
  return has === undefined ? describeProcess(pid) : undefined
}

/**
 * Whether a process has a descriptor with the lock: the `lock:` lines of man 5 proc_pid_fdinfo.
 *
 * @returns undefined where this user may not know.
 */
function hasLock(pid: number, file: LockedFile): boolean | undefined {
  const folder = `/proc/${pid}/fdinfo`
  try {
    return readdirSync(folder).some((fd) => {
      const locks = lockLinesOf(`${folder}/${fd}`)
      return locks !== '' && findFlockPid(locks, file, file.inode) !== undefined
    })
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? undefined : false
  }
}

function lockLinesOf(fdinfo: string): string {
  try {
    return readFileSync(fdinfo, 'utf8').replaceAll(/^lock:\s*/gm, '')
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
 * @returns undefined for a process that is gone.
 */
export function describeProcess(pid: number): Holder | undefined {
  try {
    const stat = readProcessStat(pid)
    return {
      pid,
      program: stat?.program || undefined,
      commandLine: commandLineOf(pid),
      startedAt: stat && startTimeOf(stat),
    }
  } catch {
    // With hidepid (man 5 proc) other users' processes look as if there were none: the PID alone still helps.
    return isAlive(pid) ? { pid, program: undefined } : undefined
  }
}

/** Arguments end with NUL each (man 5 proc_pid_cmdline); a kernel thread and a zombie have none. */
function commandLineOf(pid: number): string | undefined {
  const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  return text.slice(0, commandLineCharacters) || undefined
}
