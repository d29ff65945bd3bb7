import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { kernelFileAt } from '../directory/mounts.ts'

/** The numbers of the kernel's device and of the inode, all decimal: `8:1:131`. */
export type LockedFile = string

/** The flocks on one file. */
export interface FileLocks {
  /** The PIDs of the processes that took them, in this PID namespace. The kernel lists them even after they have ended. */
  readonly pids: readonly number[]
  /** The numbers by which the kernel may list the file. */
  readonly files: readonly LockedFile[]
  /** Whether the kernel may list the file under numbers that it does not show here. Then an empty list proves nothing. */
  readonly isUncertain: boolean
}

/**
 * Finds the flocks on a file in `/proc/locks`. Linux only. This takes up to 20 ms, because the kernel waits until no processor
 * changes a lock (`locks_start` in fs/locks.c).
 *
 * @throws the system's error if there is no such list or no such file.
 */
export function fileLocks(path: string): FileLocks {
  const locks = readFileSync('/proc/locks', 'utf8')
  const byStat = numbersByStat(path)
  const pids = findFlockPids(locks, byStat)
  if (pids.length > 0) return { pids, files: [byStat], isUncertain: false }
  const byMount = numbersByMount(path)
  if (!byMount) return { pids, files: [byStat], isUncertain: true }
  const { file, isUncertain } = byMount
  return { pids: findFlockPids(locks, file), files: [byStat, file], isUncertain }
}

/**
 * Returns the numbers that `stat` gives, by which the kernel lists a file on most filesystems.
 *
 * @throws the system's error if there is no such file.
 */
export function numbersByStat(path: string): LockedFile {
  const { dev, ino } = statSync(path, { bigint: true })
  return lockedFile(dev, ino)
}

/**
 * Returns the other numbers. On btrfs and some overlays the kernel lists the device of the superblock, and an inode number of
 * its own.
 *
 * @returns undefined if the system does not show them.
 */
export function numbersByMount(path: string): { file: LockedFile; isUncertain: boolean } | undefined {
  const found = kernelFileAt(path)
  if (!found) return undefined
  const inode = found.inode ?? statSync(path, { bigint: true }).ino
  return { file: `${found.mount.device}:${inode}`, isUncertain: found.inode === undefined }
}

/**
 * Finds the PIDs of the flocks on one inode: of the exclusive flock, or of the shared ones (`flock -s`), which keep an owner
 * out as well. A PID of 0 stands for a process of another PID namespace. In the `fdinfo` of a process that inherited the
 * lock, 0 stands for a process that has ended.
 *
 * @param locks the text of `/proc/locks`.
 */
export function findFlockPids(locks: string, file: LockedFile): number[] {
  return locksOn([file], locks, 'FLOCK').map(({ pid }) => pid)
}

/**
 * Finds the PID of another process that has a record lock on a file, as SQLite takes them on a database and its shared
 * memory. A process that locks for writing comes before one that locks for reading. Linux only.
 *
 * It opens none of the files. Closing a descriptor of a file releases every record lock that this process has on it (man 2
 * fcntl), and a connection of this process may be open.
 *
 * @param paths the files, the most important first.
 * @throws the system's error if there is no such list.
 */
export function recordLockPid(paths: readonly string[]): number | undefined {
  return findRecordLockPid(readFileSync('/proc/locks', 'utf8'), paths.flatMap(unopenedFile), process.pid)
}

/**
 * Finds the PID of a record lock in the text of `/proc/locks`.
 *
 * @param own a PID to pass over.
 */
export function findRecordLockPid(
  locks: string,
  files: readonly LockedFile[],
  own: number,
): number | undefined {
  // The kernel writes 0 for a process that it does not name.
  const others = locksOn(files, locks, 'POSIX').filter(({ pid }) => pid > 0 && pid !== own)
  return (others.find(({ access }) => access === 'WRITE') ?? others[0])?.pid
}

/** The device that `stat` gives, and that of the mount (btrfs, some overlays). */
function unopenedFile(path: string): LockedFile[] {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (!stats) return []
  const mount = kernelFileAt(dirname(path))?.mount
  return [lockedFile(stats.dev, stats.ino), ...(mount ? [`${mount.device}:${stats.ino}`] : [])]
}

/** Splits `st_dev` as glibc's gnu_dev_major and gnu_dev_minor do (man 3 makedev). */
function lockedFile(dev: bigint, ino: bigint): LockedFile {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n)
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n)
  return `${major}:${minor}:${ino}`
}

interface KernelLock {
  readonly access: string
  readonly pid: number
}

// `1: FLOCK  ADVISORY  WRITE 1234 08:01:131 0 EOF`: the device is hexadecimal, the inode decimal. A process that waits for a
// lock has `->` before the kind, and does not match.
const lockLine = /^\d+: (FLOCK|POSIX) +ADVISORY +(READ|WRITE) +(\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /i

function locksOn(files: readonly LockedFile[], locks: string, kind: 'FLOCK' | 'POSIX'): KernelLock[] {
  const found: KernelLock[] = []
  for (const line of locks.split('\n')) {
    const match = lockLine.exec(line)
    if (match?.[1] !== kind) continue
    const [, , access = '', pid, major, minor, inode = ''] = match
    const file = `${BigInt(`0x${major}`)}:${BigInt(`0x${minor}`)}:${BigInt(inode)}`
    if (files.includes(file)) found.push({ access, pid: Number(pid) })
  }
  return found
}
