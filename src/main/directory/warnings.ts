import type { DataDirWarning, OnWarning } from '../../shared/data-dir-warning.ts'
import type { DataDirectory } from './data-directory.ts'
import { LockUnsupportedError } from './errors.ts'
import {
  describeFilesystem,
  type Filesystem,
  type MountedFilesystem,
  mountedFilesystemOf,
} from './filesystem.ts'
import { exportOf } from './nfs-exports.ts'
import { type SyncedFolder, syncedFolderOf } from './sync-client.ts'

/** What to do about a network or FUSE filesystem, whose locks depend on how it is mounted. */
export type FilesystemPolicy = 'warn' | 'refuse' | 'allow'

/** How carefully a data directory is looked at. */
export interface DirectoryChecks {
  /**
   * What to do if the directory is on a network or FUSE filesystem, or if this computer exports it over NFS: `warn`;
   * `refuse` it with a `LockUnsupportedError` before anything is created in it; or `allow` it without a warning. Default
   * `warn`. All three accept a filesystem of unknown kind without a warning, and on macOS and Windows the kind is always
   * unknown. All three refuse a mount whose options keep its locks on this computer (`nolock`, `nobrl`).
   */
  readonly filesystem?: FilesystemPolicy
  /**
   * Called for what may not keep the data safe. Once per process and directory: a network or FUSE filesystem, an export
   * over NFS, a folder of a sync client, a directory that others can write, a lock file with a second hard link. The
   * package looks for these in the event loop's next turn, `claimDataDir` a second later. A process that has nothing else
   * to do stays alive for that. Later: a database on a filesystem without shared memory, a backup of `backupEvery` that
   * cannot be made, and a directory that has not answered for 10 s. Default `process.emitWarning`.
   */
  readonly onWarning?: OnWarning
}

/** What only callers inside this package give. */
export interface WarningDelay {
  /**
   * For how many milliseconds an app has better to do than to look for what is worth a warning; one that ends before is
   * not kept. Default: it has not.
   */
  readonly warningDelay?: number
}

interface Checked {
  readonly id: string
  readonly mounted: MountedFilesystem
  /** Resolves when all warnings were given. */
  readonly warned: Promise<void>
}

// A directory does not change its filesystem while it keeps its inode and its place; an inode alone is reused.
const checked = new Map<string, Checked>()

/**
 * Looks at a data directory the first time this process locks it, and refuses a filesystem the app does not want.
 * What is only worth a warning is looked for later, so that it does not delay the lock.
 *
 * @returns the filesystem.
 * @throws {LockUnsupportedError} if the mount keeps its locks on this computer; if the policy is `refuse` and the
 * filesystem is a network's or a FUSE one, or the directory is exported over NFS.
 */
export function checkDirectory(
  directory: DataDirectory,
  name: string,
  {
    filesystem: policy = 'warn',
    onWarning = emitProcessWarning,
    warningDelay,
  }: DirectoryChecks & WarningDelay,
): Filesystem {
  const before = checked.get(directory.path)
  const isKnown = before?.id === directory.id
  const mounted = isKnown ? before.mounted : mountedFilesystemOf(directory.path)
  refuseLocalLocks(directory.path, name, mounted)
  if (policy === 'refuse') refuseDoubtful(directory.path, name, mounted)
  if (isKnown) return mounted.filesystem
  const warned = later(warningDelay).then(() =>
    warnAbout(directory, policy === 'allow' ? undefined : mounted.filesystem, onWarning),
  )
  checked.set(directory.path, { id: directory.id, mounted, warned })
  return mounted.filesystem
}

/** No policy accepts them: the lock passes every test on this computer, but another computer can take it too. */
function refuseLocalLocks(path: string, name: string, { localLocks }: MountedFilesystem): void {
  if (localLocks === undefined) return
  const why = `it is mounted with \`${localLocks}\`, so another computer does not see the lock`
  throw new LockUnsupportedError(path, name, why, undefined, `Mount it without \`${localLocks}\`, use`)
}

function refuseDoubtful(path: string, name: string, { filesystem }: MountedFilesystem): void {
  const why = 'the app accepts local filesystems only'
  if (isDoubtful(filesystem)) throw new LockUnsupportedError(path, name, why)
  const exported = exportOf(path)
  if (exported === undefined) return
  throw new LockUnsupportedError(path, name, `${why}, and this computer exports ${exported} over NFS`)
}

/** Waits until all warnings about a directory that this process has locked were given. */
export async function warnedAbout(path: string): Promise<void> {
  await checked.get(path)?.warned
}

/** An app is not kept from ending; a script that ends at once is, or its user would never be warned. */
function later(delay: number | undefined): Promise<unknown> {
  return new Promise((resolve) => {
    if (delay === undefined) setImmediate(resolve)
    else setTimeout(resolve, delay).unref()
  })
}

async function warnAbout(
  directory: DataDirectory,
  filesystem: Filesystem | undefined,
  onWarning: OnWarning,
): Promise<void> {
  for await (const warning of findWarnings(directory, filesystem)) {
    warn(warning, onWarning)
  }
}

/**
 * Gives a warning.
 *
 * @param onWarning what it throws becomes an uncaught exception. Default `process.emitWarning`.
 */
export function warn(warning: DataDirWarning, onWarning: OnWarning = emitProcessWarning): void {
  try {
    onWarning(warning)
  } catch (error) {
    // As with an event: the error is an uncaught exception, and the next warning is given.
    process.nextTick(() => {
      throw error
    })
  }
}

/** Node's own way: once on stderr, and to whoever listens to the process's `warning` event. */
export function emitProcessWarning({ code, message }: DataDirWarning): void {
  process.emitWarning(message, { type: 'DataDirWarning', code })
}

/** Whether what a lock means there depends on a server, a program or the options of a mount. */
export function isDoubtful({ kind }: Filesystem): boolean {
  return kind === 'network' || kind === 'fuse'
}

/**
 * What is doubtful about the locks of a directory's filesystem, in words that fit into parentheses.
 *
 * @returns undefined if nothing is known against them.
 */
export function doubtAbout(path: string): string | undefined {
  const { filesystem, localLocks } = mountedFilesystemOf(path)
  if (localLocks !== undefined) return `refused: with \`${localLocks}\` other computers do not see its locks`
  if (isDoubtful(filesystem)) return `${filesystem.kind}: its locks depend on how it is mounted`
  return exportOf(path) === undefined ? undefined : 'exported over NFS: other computers do not see its locks'
}

/**
 * What may not keep the data in a directory safe.
 *
 * @param filesystem what it is on; undefined where that is not to be spoken of.
 */
async function* findWarnings(
  { path, mode }: DataDirectory,
  filesystem: Filesystem | undefined,
): AsyncGenerator<DataDirWarning> {
  if (filesystem && isDoubtful(filesystem)) yield aboutFilesystem(path, filesystem)
  const exported = filesystem && exportOf(path)
  if (exported !== undefined) yield aboutExport(path, exported)
  if (isWritableByOthers(mode)) yield aboutPermissions(path, mode)
  const synced = await syncedFolderOf(path)
  if (synced) yield aboutSyncClient(path, synced)
}

function aboutFilesystem(path: string, filesystem: Filesystem): DataDirWarning {
  return {
    code: filesystem.kind === 'fuse' ? 'DATADIR_FUSE_FILESYSTEM' : 'DATADIR_NETWORK_FILESYSTEM',
    message:
      `${path} is on ${describeFilesystem(filesystem)}: whether its lock holds between machines depends on ` +
      'the mount, and SQLite is not safe on a network filesystem. Use a folder on a local disk.',
    path,
  }
}

/** nfsd keeps a client's lock as a record lock, which flock on this computer does not see (man 2 flock, NFS details). */
function aboutExport(path: string, exported: string): DataDirWarning {
  return {
    code: 'DATADIR_NFS_EXPORTED',
    message:
      `${path} can be mounted by other computers, because this one exports ${exported} over NFS: their locks and the ` +
      'locks of this computer do not see each other. Use a folder that is not exported, or open it on one computer only.',
    path,
  }
}

/** Windows has no such bits: Node makes them up. */
function isWritableByOthers(mode: number): boolean {
  return process.platform !== 'win32' && (mode & 0o022) !== 0
}

function aboutPermissions(path: string, mode: number): DataDirWarning {
  const advice =
    (mode & 0o002) === 0
      ? 'The members of its group can read and change the data. If they are not meant to, use `chmod g-w` on it.'
      : 'Use `chmod o-w` on it. If only you use it, use `chmod go-w`.'
  return {
    code: 'DATADIR_WRITABLE_BY_OTHERS',
    message: `${path} can be written by other users (mode ${mode.toString(8)}). ${advice}`,
    path,
  }
}

/** Found when the record is written, since a backup may add the link while the lock is held. */
export function aboutLinkedLockFile(path: string): DataDirWarning {
  return {
    code: 'DATADIR_LOCK_FILE_LINKED',
    message:
      `${path} has a second hard link, so nothing is written into it: the lock works, but a later launch cannot reach ` +
      'the app that holds it. Delete the other name (`find -samefile` finds it), or leave the lock file out of backups ' +
      'that make hard links.',
    path,
  }
}

function aboutSyncClient(path: string, { client, root }: SyncedFolder): DataDirWarning {
  return {
    code: 'DATADIR_SYNC_CLIENT',
    message:
      `${path} is under ${root}, which looks like a folder of ${client}: it may copy the database while it is ` +
      'being written, and no lock reaches other machines. Use a folder that is not synchronised.',
    path,
  }
}
