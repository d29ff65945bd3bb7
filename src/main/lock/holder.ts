import { readFileSync, statSync } from 'node:fs'

/** The process that holds an advisory lock, as the kernel tells it, with or without an owner record. */
export interface Holder {
  readonly pid: number
  /** The program's name (`comm`, at most 15 bytes: man 5 proc_pid_comm), where it can be read. */
  readonly program: string | undefined
}

/**
 * Asks the kernel who holds the flock on a file. Linux only: `/proc/locks` (man 5 proc_locks).
 *
 * @returns undefined on other systems, where nobody holds it, or where the holder lives in a PID namespace
 * this process cannot see.
 */
export function findHolder(path: string): Holder | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    const pid = findFlockPid(readFileSync('/proc/locks', 'utf8'), deviceNumbers(dev), ino)
    return pid === undefined ? undefined : { pid, program: programOf(pid) }
  } catch {
    // No /proc here: the owner record is all there is, and every caller can do without a holder.
    return undefined
  }
}

/**
 * Finds the PID of the exclusive flock on one inode in the text of `/proc/locks`.
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
    const match = /^\d+: FLOCK +ADVISORY +WRITE (\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /i.exec(line)
    if (!match) continue
    const [, pid = '', lineMajor = '', lineMinor = '', lineInode = ''] = match
    if (BigInt(lineInode) !== inode) continue
    if (BigInt(`0x${lineMajor}`) !== major || BigInt(`0x${lineMinor}`) !== minor) continue
    return Number(pid)
  }
  return undefined
}

/** Splits `st_dev` as glibc's gnu_dev_major and gnu_dev_minor do (man 3 makedev). */
function deviceNumbers(dev: bigint): { major: bigint; minor: bigint } {
  return {
    major: ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn),
    minor: (dev & 0xffn) | ((dev >> 12n) & ~0xffn),
  }
}

function programOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() || undefined
  } catch {
    // It ended in this moment, or /proc is mounted with hidepid: the PID alone still helps.
    return undefined
  }
}
