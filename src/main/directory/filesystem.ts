import { statfsSync } from 'node:fs'
import { printable } from '../../shared/printable.ts'
import { kernelFileAt, type Mount } from './mounts.ts'

/**
 * How far a filesystem's locks can be trusted: `local` to one kernel; shared over a `network`, where they depend on
 * the server and the mount's options; `fuse`, where they depend on a program; or `unknown`, as everything is on macOS and
 * Windows, and what Linux does not list.
 */
export type FilesystemKind = 'local' | 'network' | 'fuse' | 'unknown'

/** The filesystem a directory is on. */
export interface Filesystem {
  /** As the system calls it: `ext4`, `nfs4`, `fuse.sshfs`; `unknown` if this package does not know the kind. */
  readonly name: string
  /** How far its locks can be trusted. */
  readonly kind: FilesystemKind
  /** What is mounted there, a server's export for instance; undefined for a local filesystem, or where not told. */
  readonly source?: string
}

/** A filesystem, and how its mount treats locks. */
export interface MountedFilesystem {
  readonly filesystem: Filesystem
  /**
   * The option of the mount that keeps its locks on this computer, `nolock` for instance, while other computers use the
   * same files. undefined if there is none.
   */
  readonly localLocks: string | undefined
}

const unknown: Filesystem = { name: 'unknown', kind: 'unknown' }

// The types of /proc/filesystems, and of modules that are not the kernel's own.
const network = words(
  'nfs nfs4 cifs smb3 smbfs 9p ceph afs coda ncpfs lustre gfs2 ocfs2 gpfs pvfs2 beegfs panfs vboxsf vmhgfs prl_fs',
)
// fuseblk is ntfs-3g and the like: a program, but on a local disk and for one kernel only.
const local = words(
  'ext2 ext3 ext4 xfs btrfs tmpfs ramfs overlay zfs f2fs bcachefs jfs reiserfs nilfs2 vfat msdos exfat ntfs ntfs3 hfs ' +
    'hfsplus ecryptfs ubifs fuseblk',
)

// Used if /proc is missing. The numbers are those of man 2 statfs and linux/magic.h. The names are the types of man 5 proc.
const magics = new Map([
  [0x6969, 'nfs'],
  [0x517b, 'smbfs'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb3'],
  [0x01021997, '9p'],
  [0x00c36400, 'ceph'],
  [0x5346414f, 'afs'],
  [0x6b414653, 'afs'],
  [0x73757245, 'coda'],
  [0x0bd00bd0, 'lustre'],
  [0x01161970, 'gfs2'],
  [0x7461636f, 'ocfs2'],
  [0x47504653, 'gpfs'],
  [0x786f4256, 'vboxsf'],
  [0x65735546, 'fuse'],
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x01021994, 'tmpfs'],
  [0x794c7630, 'overlay'],
  [0x2fc12fc1, 'zfs'],
  [0xf2f52010, 'f2fs'],
])

// From man 5 nfs, man 8 mount.cifs, the Lustre manual, the kernel's documentation of ocfs2 and of gfs2, and fs/afs. Version 4
// of NFS ignores all three options, and the kernel does not list them there. With `local_lock=posix` flock is still shared.
const localLockOptions: Readonly<Record<string, RegExp>> = {
  nfs: /^(nolock|local_lock=(flock|all))$/,
  nfs4: /^(nolock|local_lock=(flock|all))$/,
  cifs: /^nobrl$/,
  smb3: /^nobrl$/,
  lustre: /^localflock$/,
  ocfs2: /^localflocks$/,
  gfs2: /^localflocks$/,
  afs: /^flock=local$/,
}

/**
 * Finds out which filesystem a path is on, by the table of mounts. Never throws.
 *
 * @param path an existing file or directory.
 * @returns kind `unknown` for a type that this package does not know, and on other systems than Linux.
 */
export function filesystemOf(path: string): Filesystem {
  return mountedFilesystemOf(path).filesystem
}

/** The same, with the option of the mount that keeps its locks on this computer. */
export function mountedFilesystemOf(path: string): MountedFilesystem {
  const mount = kernelFileAt(path)?.mount
  return mount ? readMount(mount) : { filesystem: byMagic(path), localLocks: undefined }
}

/** The type in the table decides: 9p passes on the `statfs` of the filesystem that it shows, of ext4 for instance. */
export function readMount({ type, source, options }: Mount): MountedFilesystem {
  const kind = kindOf(type)
  const localLocks = options.find((option) => localLockOptions[type]?.test(option))
  if (kind === 'unknown') return { filesystem: unknown, localLocks }
  const filesystem = { name: type, kind, ...(kind !== 'local' && { source }) }
  return { filesystem, localLocks }
}

/** @param type as the table of mounts has it. */
export function kindOf(type: string): FilesystemKind {
  const [family = ''] = type.split('.')
  if (network.has(family)) return 'network'
  if (local.has(family)) return 'local'
  // virtiofs speaks FUSE with a program of the host.
  return family === 'fuse' || family === 'virtiofs' ? 'fuse' : 'unknown'
}

function byMagic(path: string): Filesystem {
  if (process.platform !== 'linux') return unknown
  try {
    // A 32-bit number that some kernels extend with its sign.
    const name = magics.get(statfsSync(path).type >>> 0)
    return name === undefined ? unknown : { name, kind: kindOf(name) }
  } catch {
    // Gone or unreadable: opening the lock says so better.
    return unknown
  }
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '))
}

/** A filesystem in words, fit for a terminal: `nfs (server:/export)`. The user who mounts a FUSE one chooses them. */
export function describeFilesystem({ name, source }: Filesystem): string {
  return printable(source && source !== name ? `${name} (${source})` : name)
}
