import { statfsSync } from 'node:fs'
import { printable } from '../../shared/printable.ts'
import { kernelFileAt } from './mounts.ts'

/**
 * How far a filesystem's locks can be trusted: `local` to one kernel; shared over a `network`, where they depend on
 * the server and the mount's options; `fuse`, where they depend on a program; or `unknown`, as everything is on macOS and
 * Windows, and what Linux does not list.
 */
export type FilesystemKind = 'local' | 'network' | 'fuse' | 'unknown'

/** The filesystem a directory is on. */
export interface Filesystem {
  /** As the system calls it: `ext4`, `nfs`, `fuse.sshfs`; `unknown` where it is not told. */
  readonly name: string
  /** How far its locks can be trusted. */
  readonly kind: FilesystemKind
  /** What is mounted there, a server's export for instance; undefined for a local filesystem, or where not told. */
  readonly source?: string
}

const unknown: Filesystem = { name: 'unknown', kind: 'unknown' }

const fuseMagic = 0x65735546

// The numbers are those of man 2 statfs, linux/magic.h and, for what lives outside of the kernel, its own headers.
const filesystems = new Map<number, Filesystem>([
  ...named('network', {
    nfs: 0x6969,
    smb: 0x517b,
    cifs: 0xff534d42,
    smb2: 0xfe534d42,
    '9p': 0x01021997,
    ceph: 0x00c36400,
    afs: 0x5346414f,
    kafs: 0x6b414653,
    coda: 0x73757245,
    ncp: 0x564c,
    lustre: 0x0bd00bd0,
    gfs2: 0x01161970,
    ocfs2: 0x7461636f,
    gpfs: 0x47504653,
    orangefs: 0x20030528,
    beegfs: 0x19830326,
    panfs: 0xaad7aaea,
    vboxsf: 0x786f4256,
    vmhgfs: 0xbacbacbc,
  }),
  ...named('local', {
    ext4: 0xef53,
    xfs: 0x58465342,
    btrfs: 0x9123683e,
    tmpfs: 0x01021994,
    ramfs: 0x858458f6,
    overlay: 0x794c7630,
    zfs: 0x2fc12fc1,
    f2fs: 0xf2f52010,
    bcachefs: 0xca451a4e,
    jfs: 0x3153464a,
    reiserfs: 0x52654973,
    nilfs2: 0x3434,
    vfat: 0x4d44,
    exfat: 0x2011bab0,
    ntfs: 0x5346544e,
    ntfs3: 0x7366746e,
    hfsplus: 0x482b,
    ecryptfs: 0xf15f,
    ubifs: 0x24051905,
  }),
])

function named(kind: FilesystemKind, magics: Record<string, number>): [number, Filesystem][] {
  return Object.entries(magics).map(([name, magic]) => [magic, { name, kind }])
}

/**
 * Finds out which filesystem a path is on. One `statfs`, and only on FUSE a look at the mounts. Never throws.
 *
 * @param path an existing file or directory.
 * @returns `unknown` for what Linux does not list, and on other systems, whose numbers mean something else.
 */
export function filesystemOf(path: string): Filesystem {
  if (process.platform !== 'linux') return unknown
  try {
    // A 32-bit number that some kernels extend with its sign.
    const magic = statfsSync(path).type >>> 0
    const found = magic === fuseMagic ? fuseOf(path) : filesystems.get(magic)
    return found?.kind === 'network' ? { ...found, ...sourceOf(path) } : (found ?? unknown)
  } catch {
    // Gone or unreadable: opening the lock says so better.
    return unknown
  }
}

function fuseOf(path: string): Filesystem {
  const mount = kernelFileAt(path)?.mount
  // ntfs-3g and the like: a program, but on a local disk and for one kernel only.
  if (mount?.type.startsWith('fuseblk')) return { name: mount.type, kind: 'local' }
  return { name: mount?.type ?? 'fuse', kind: 'fuse', ...(mount && { source: mount.source }) }
}

function sourceOf(path: string): { source?: string } {
  const mount = kernelFileAt(path)?.mount
  return mount ? { source: mount.source } : {}
}

/** A filesystem in words, fit for a terminal: `nfs (server:/export)`. Who mounts a FUSE one chooses them. */
export function describeFilesystem({ name, source }: Filesystem): string {
  return printable(source && source !== name ? `${name} (${source})` : name)
}
