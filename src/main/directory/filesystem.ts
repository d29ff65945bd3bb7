import { printable } from '../../shared/printable.ts'
import { kernelFileAt, type Mount } from './mounts.ts'

/**
 * How far a filesystem's locks can be trusted. `local`: within this one kernel. `network`: they depend on the server and
 * on the mount's options. `fuse`: they depend on a program. `unknown`: a type that this package does not know, Linux without
 * `/proc`, and everything on macOS and Windows.
 */
export type FilesystemKind = 'local' | 'network' | 'fuse' | 'unknown'

/** The filesystem that a directory is on. */
export interface Filesystem {
  /** The type in the table of mounts: `ext4`, `nfs4`, `fuse.sshfs`; `unknown` if the kind is unknown. */
  readonly name: string
  /** How far its locks can be trusted. */
  readonly kind: FilesystemKind
  /** What is mounted there, for example a server's export; undefined for a local filesystem and for an unknown kind. */
  readonly source?: string
}

/** A filesystem, and how its mount treats locks. */
export interface MountedFilesystem {
  readonly filesystem: Filesystem
  /**
   * The mount option that keeps locks on this computer, for example `nolock`, while other computers use the same files.
   * undefined if there is none.
   */
  readonly localLocks: string | undefined
}

const unknown: Filesystem = { name: 'unknown', kind: 'unknown' }

// The types of /proc/filesystems, and of modules that are not part of the kernel.
const networkTypes = new Set(
  'nfs nfs4 cifs smb3 smbfs 9p ceph afs coda ncpfs lustre gfs2 ocfs2 gpfs pvfs2 beegfs panfs vboxsf vmhgfs prl_fs'.split(
    ' ',
  ),
)
// fuseblk is ntfs-3g and the like: a program, but on a local disk and for one kernel only.
const localTypes = new Set(
  (
    'ext2 ext3 ext4 xfs btrfs tmpfs ramfs overlay zfs f2fs bcachefs jfs reiserfs nilfs2 vfat msdos exfat ntfs ntfs3 hfs ' +
    'hfsplus ecryptfs ubifs fuseblk'
  ).split(' '),
)

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
 * Returns the filesystem that a path is on, according to the table of mounts. Never throws.
 *
 * @param path an existing file or directory.
 * @returns kind `unknown` for a type that this package does not know, on Linux without `/proc`, and on other systems.
 */
export function filesystemOf(path: string): Filesystem {
  return mountedFilesystemOf(path).filesystem
}

/** The same, with the option of the mount that keeps its locks on this computer. */
export function mountedFilesystemOf(path: string): MountedFilesystem {
  const mount = kernelFileAt(path)?.mount
  return mount ? readMount(mount) : { filesystem: unknown, localLocks: undefined }
}

/** The type in the table decides, and not `statfs`: 9p returns the type of the filesystem that it shows, for example ext4. */
export function readMount({ type, source, options }: Mount): MountedFilesystem {
  const kind = kindOf(type)
  const localLocks = options.find((option) => localLockOptions[type]?.test(option))
  if (kind === 'unknown') return { filesystem: unknown, localLocks }
  return { filesystem: { name: type, kind, ...(kind !== 'local' && { source }) }, localLocks }
}

/** @param type as the table of mounts has it. */
export function kindOf(type: string): FilesystemKind {
  const [family = ''] = type.split('.')
  if (networkTypes.has(family)) return 'network'
  if (localTypes.has(family)) return 'local'
  // virtiofs uses the protocol of FUSE with a program of the host.
  return family === 'fuse' || family === 'virtiofs' ? 'fuse' : 'unknown'
}

/** Returns a filesystem in words that are safe for a terminal: `nfs (server:/export)`. */
export function describeFilesystem({ name, source }: Filesystem): string {
  // The user who mounts a FUSE filesystem chooses both.
  return printable(source && source !== name ? `${name} (${source})` : name)
}
