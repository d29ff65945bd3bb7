import { readFileSync, statSync } from 'node:fs'
import { kernelFileAt } from '../directory/mounts.ts'

/** One inode as `/proc/locks` writes it (man 5 proc_locks). */
export interface LockedFile {
  readonly major: bigint
  readonly minor: bigint
  readonly inode: bigint
}

/** The flocks on one file. */
export interface FileLocks {
  /** The PIDs of the processes that took them, in this PID namespace. The kernel lists them even after they have ended. */
  readonly pids: readonly number[]
  /** How the kernel may call the file. */
  readonly files: readonly LockedFile[]
  /** Whether the kernel may list the file under numbers that it does not show here. Then an empty list means nothing. */
  readonly isUncertain: boolean
}

/**
 * Finds the flocks on a file in `/proc/locks`. Linux only.
 *
 * @throws the system's error if there is no such list or no such file.
 */
export function fileLocks(path: string): FileLocks {
  const locks = readFileSync('/proc/locks', 'utf8')
  const { dev, ino } = statSync(path, { bigint: true })
  const byStat = { ...deviceNumbers(dev), inode: ino }
  const pids = findFlockPids(locks, byStat)
  if (pids.length > 0) return { pids, files: [byStat], isUncertain: false }
  // On btrfs and some overlays the kernel calls the file by its superblock's device, and by an inode of its own.
  const file = kernelFileAt(path)
  const [major, minor] = file?.mount.device.split(':') ?? []
  if (!major || !minor) return { pids, files: [byStat], isUncertain: true }
  const byMount = { major: BigInt(major), minor: BigInt(minor), inode: file?.inode ?? ino }
  return {
    pids: findFlockPids(locks, byMount),
    files: [byStat, byMount],
    isUncertain: file?.inode === undefined,
  }
}

const flockLine = /^\d+: FLOCK +ADVISORY +(?:READ|WRITE) +(\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /i

/**
 * Finds the PIDs of the flocks on one inode in the text of `/proc/locks`: of the exclusive one, or of the shared ones
 * (`flock -s`), which keep an owner out as well.
 *
 * A line reads `1: FLOCK  ADVISORY  WRITE 1234 08:01:131 0 EOF`: device in hexadecimal, inode in decimal. Waiters
 * have `->` before the kind and are passed over. A PID of 0 stands for a process of another PID namespace, and, in the
 * `fdinfo` of one that inherited the lock, for a process that has ended.
 */
export function findFlockPids(locks: string, { major, minor, inode }: LockedFile): number[] {
  const pids: number[] = []
  for (const line of locks.split('\n')) {
    const match = flockLine.exec(line)
    if (!match) continue
    const [, pid = '', lineMajor = '', lineMinor = '', lineInode = ''] = match
    if (BigInt(lineInode) !== inode) continue
    if (BigInt(`0x${lineMajor}`) !== major || BigInt(`0x${lineMinor}`) !== minor) continue
    pids.push(Number(pid))
  }
  return pids
}

/** Splits `st_dev` as glibc's gnu_dev_major and gnu_dev_minor do (man 3 makedev). */
export function deviceNumbers(dev: bigint): { major: bigint; minor: bigint } {
  return {
    major: ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n),
    minor: (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n),
  }
}
