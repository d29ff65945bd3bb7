import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { kernelFileAt } from '../directory/mounts.ts'
import { describeProcess, type Holder } from './holder.ts'
import { deviceNumbers } from './proc-locks.ts'
import { isProcOurs } from './process-stat.ts'

/** A record lock as `/proc/locks` writes it: `1: POSIX  ADVISORY  WRITE 1234 08:01:131 0 EOF`. */
const recordLockLine = /^\d+: POSIX +ADVISORY +(READ|WRITE) +(\d+) ([0-9a-f]+:[0-9a-f]+:\d+) /i

/**
 * Asks the kernel which other process has record locks on a file, as SQLite takes them on a database and its shared
 * memory. One that locks for writing comes before one that locks for reading. Linux only: `/proc/locks` (man 5
 * proc_locks).
 *
 * It opens none of the files. Closing a descriptor of a file drops every record lock that this process has on it (man 2
 * fcntl), and a connection of this process may be open.
 *
 * @param paths the files, the most important first.
 * @returns undefined on other systems, if no other process has such a lock, or if it cannot be seen from here.
 */
export function findRecordLockHolder(paths: readonly string[]): Holder | undefined {
  if (!isProcOurs()) return undefined
  try {
    const locks = readFileSync('/proc/locks', 'utf8')
    const pid = findRecordLockPid(locks, new Set(paths.flatMap(spellingsOf)), process.pid)
    return pid === undefined ? undefined : describeProcess(pid)
  } catch {
    // Without /proc the error has no holder, which is no reason for another error.
    return undefined
  }
}

/**
 * Finds the PID of a record lock in the text of `/proc/locks`.
 *
 * @param files as {@link fileKey} writes them.
 * @param own a PID to pass over.
 */
export function findRecordLockPid(
  locks: string,
  files: ReadonlySet<string>,
  own: number,
): number | undefined {
  let reader: number | undefined
  for (const line of locks.split('\n')) {
    const [, kind, digits, file = ''] = recordLockLine.exec(line) ?? []
    const pid = Number(digits)
    // The kernel writes -1 or 0 for a process that it does not name.
    if (!kind || !(pid > 0) || pid === own || !files.has(normalized(file))) continue
    if (kind.toUpperCase() === 'WRITE') return pid
    reader ??= pid
  }
  return reader
}

/** `MAJOR:MINOR:INODE`, all decimal. */
export function fileKey(major: bigint, minor: bigint, inode: bigint): string {
  return `${major}:${minor}:${inode}`
}

function normalized(file: string): string {
  const [major = '0', minor = '0', inode = '0'] = file.split(':')
  return fileKey(BigInt(`0x${major}`), BigInt(`0x${minor}`), BigInt(inode))
}

/** How the kernel may call a file: by the device that `stat` gives, or by that of its mount (btrfs, some overlays). */
function spellingsOf(path: string): string[] {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (!stats) return []
  const { major, minor } = deviceNumbers(stats.dev)
  const spellings = [fileKey(major, minor, stats.ino)]
  // The folder's descriptor is closed instead of the file's.
  const [mountMajor, mountMinor] = kernelFileAt(dirname(path))?.mount.device.split(':') ?? []
  if (mountMajor && mountMinor) spellings.push(fileKey(BigInt(mountMajor), BigInt(mountMinor), stats.ino))
  return spellings
}

/** The process in words, fit for a dialog: `sqlite3 (PID 123)`. */
export function nameOfHolder({ program, pid }: Holder): string {
  return program === undefined ? `the process with PID ${pid}` : `${program} (PID ${pid})`
}
