import { closeSync, openSync, readFileSync } from 'node:fs'
import { printable } from '../../shared/printable.ts'

/**
 * One mount, as in `/proc/self/mountinfo` (man 5 proc_pid_mountinfo). Type and source are printable, because the user who
 * mounts a FUSE filesystem chooses them.
 */
export interface Mount {
  /** The device of the superblock, as `/proc/locks` has it. On btrfs and some overlays `st_dev` is another one. */
  readonly device: string
  /** The type with its subtype: `ext4`, `nfs4`, `fuse.sshfs`. */
  readonly type: string
  /** What is mounted: for example a device, or a server's export. */
  readonly source: string
  /** The options of the mount and of the superblock: `rw`, `noatime`, `local_lock=none`. */
  readonly options: readonly string[]
}

/** The mount and the inode of a file in the kernel's own numbers. `stat` may show others. */
export interface KernelFile {
  readonly mount: Mount
  /** The inode number, as `/proc/locks` has it; undefined if the kernel does not show it. */
  readonly inode: bigint | undefined
}

// O_PATH, which Node.js does not name: the same number on x86, ARM and RISC-V. To open a file in this way requires no
// permission to read it, and does not wait for a pipe. To close it releases no record lock (man 2 open).
const pathOnly = 0o10000000

/**
 * Finds the mount that a path is on. It uses a descriptor and the mount's id, because several mounts can be on top of each
 * other at one path. Linux only.
 *
 * @returns undefined if the system does not show it.
 */
export function kernelFileAt(path: string): KernelFile | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const fd = openSync(path, pathOnly)
    try {
      const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')
      const id = /^mnt_id:\s*(\d+)/m.exec(info)?.[1]
      const mount = findMount(readFileSync('/proc/self/mountinfo', 'utf8'), id)
      const inode = /^ino:\s*(\d+)/m.exec(info)?.[1]
      return mount && { mount, inode: inode === undefined ? undefined : BigInt(inode) }
    } finally {
      closeSync(fd)
    }
  } catch {
    // No /proc, or no such file. Every caller accepts that.
    return undefined
  }
}

/**
 * Finds one mount in the text of `mountinfo`: `36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/root rw`.
 *
 * @param id the mount's id, as `fdinfo` gives it.
 */
export function findMount(mountinfo: string, id: string | undefined): Mount | undefined {
  const line = mountinfo.split('\n').find((other) => other.startsWith(`${id} `))
  const [before = '', after = ''] = line?.split(' - ') ?? []
  const [, , device, , , ofMount = ''] = before.split(' ')
  const [type, source, ofSuperblock = ''] = after.split(' ')
  if (!device || !type || !source) return undefined
  return {
    device,
    type: printable(unescapeOctal(type)),
    source: printable(unescapeOctal(source)),
    options: `${ofMount},${ofSuperblock}`.split(',').filter(Boolean),
  }
}

/** The kernel's tables write a space as `\040`, and other special characters in the same way. */
export function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)))
}
