import { closeSync, openSync, readFileSync } from 'node:fs'
import { printable } from '../../shared/printable.ts'

/**
 * What `/proc/self/mountinfo` says of one mount (man 5 proc_pid_mountinfo). Type and source are printable, because the user
 * who mounts a FUSE filesystem chooses them.
 */
export interface Mount {
  /** Of the superblock, which `/proc/locks` prints; `st_dev` is another one on btrfs and some overlays. */
  readonly device: string
  /** The type with its subtype: `ext4`, `nfs4`, `fuse.sshfs`. */
  readonly type: string
  /** What is mounted: a device, a server's export, whatever the filesystem calls it. */
  readonly source: string
  /** Of the mount and of the superblock: `rw`, `noatime`, `local_lock=none`. */
  readonly options: readonly string[]
}

/** An open file as the kernel keeps it, whatever `stat` makes of it. */
export interface KernelFile {
  readonly mount: Mount
  /** The inode number that `/proc/locks` prints. */
  readonly inode: bigint | undefined
}

// O_PATH, which Node.js does not name: the same number on x86, ARM and RISC-V. Such an opening needs no permission to read
// and waits for no pipe. Closing it drops no record lock (man 2 open).
const asPlace = 0o10000000

/**
 * Finds the mount a path is on. By descriptor and mount id, since a path may lead through any number of mounts
 * over one another. Linux only.
 *
 * @returns undefined where it cannot be told.
 */
export function kernelFileAt(path: string): KernelFile | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const fd = openSync(path, asPlace)
    try {
      const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')
      const mount = findMount(
        readFileSync('/proc/self/mountinfo', 'utf8'),
        /^mnt_id:\s*(\d+)/m.exec(info)?.[1],
      )
      const inode = /^ino:\s*(\d+)/m.exec(info)?.[1]
      return mount && { mount, inode: inode === undefined ? undefined : BigInt(inode) }
    } finally {
      closeSync(fd)
    }
  } catch {
    // No /proc, or nothing to open: whoever asks has a name for what is not known.
    return undefined
  }
}

/**
 * Finds one mount in the text of `mountinfo`: `36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/root rw`.
 *
 * @param id the mount's id, as `fdinfo` gives it.
 */
export function findMount(mountinfo: string, id: string | undefined): Mount | undefined {
  if (id === undefined) return undefined
  for (const line of mountinfo.split('\n')) {
    if (!line.startsWith(`${id} `)) continue
    const [before = '', after = ''] = line.split(' - ')
    const [, , device, , , ofMount = ''] = before.split(' ')
    const [type, source, ofSuperblock = ''] = after.split(' ')
    if (!device || !type || !source) continue
    const options = `${ofMount},${ofSuperblock}`.split(',').filter(Boolean)
    return {
      device,
      type: printable(unescapeOctal(type)),
      source: printable(unescapeOctal(source)),
      options,
    }
  }
  return undefined
}

/** Spaces and the like are written in the kernel's tables as `\040`. */
export function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)))
}
