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

/** What to do if the directory is on a network or FUSE filesystem, whose locks depend on how it is mounted. */
export type FilesystemPolicy = 'warn' | 'refuse' | 'allow'

/** The checks of a data directory. */
export interface DirectoryChecks {
  /**
   * What to do if the directory is on a network or FUSE filesystem, or if this computer exports it over NFS. `warn`
   * calls `onWarning`. `refuse` throws a `LockUnsupportedError` before anything is created in the directory. `allow`
   * accepts it without a warning. Default `warn`.
   *
   * A filesystem of unknown kind is always accepted without a warning. The kind is always unknown on macOS and Windows,
   * and on Linux without `/proc`. A mount whose options keep its locks on this computer (`nolock`, `nobrl`) is always
   * refused.
   */
  readonly filesystem?: FilesystemPolicy
  /**
   * Called with each warning about the safety of the data. Default `process.emitWarning`.
   *
   * Some warnings come once per process and directory: a network or FUSE filesystem, an export over NFS, a folder of a
   * sync client, a directory that others can write to, a lock file with a second hard link. The package checks for
   * these in the event loop's next turn, and a process that has nothing else to do stays alive until then.
   * `claimDataDir` checks a second later.
   *
   * Other warnings can come later: a database on a filesystem without shared memory, a backup of `backupEvery` that
   * cannot be made, and a directory that has not answered for 10 s.
   */
  readonly onWarning?: OnWarning
}

/** An option for callers inside this package. */
export interface WarningDelay {
  /**
   * Milliseconds after start-up before the package looks for problems that are worth a warning. They do not keep the process
   * alive. Default: the event loop's next turn, which does.
   */
  readonly warningDelay?: number
}

interface Checked {
  readonly id: string
  readonly mounted: MountedFilesystem
  /** Resolves when all warnings have been given. */
  readonly warned: Promise<void>
}

// A directory that keeps its inode and its path is still on the same filesystem. An inode alone is reused.
const checked = new Map<string, Checked>()

/**
 * Checks a data directory before this process locks it, and refuses a filesystem that the app does not accept. The first
 * time it also plans the check for warnings. That check runs later, so that it does not delay the lock.
 *
 * @returns the filesystem.
 * @throws {LockUnsupportedError} if the mount keeps its locks on this computer; if the policy is `refuse` and the
 * filesystem is a network's or a FUSE one, or the directory is exported over NFS.
 */
export function checkDirectory(
  directory: DataDirectory,
  name: string,
  { filesystem: policy = 'warn', onWarning, warningDelay }: DirectoryChecks & WarningDelay,
): Filesystem {
  const before = checked.get(directory.path)
  const isKnown = before?.id === directory.id
  const mounted = isKnown ? before.mounted : mountedFilesystemOf(directory.path)
  refuseLocalLocks(directory.path, name, mounted)
  if (policy === 'refuse') refuseDoubtful(directory.path, name, mounted)
  if (isKnown) return mounted.filesystem
  const warned = later(warningDelay).then(async () => {
    const found = findWarnings(directory, policy === 'allow' ? undefined : mounted.filesystem)
    for await (const warning of found) warn(warning, onWarning)
  })
  checked.set(directory.path, { id: directory.id, mounted, warned })
  return mounted.filesystem
}

/** No policy accepts such a mount: the lock passes every test on this computer, but another computer can take it too. */
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

/** Waits until all warnings about a directory that this process has locked have been given. */
export async function warnedAbout(path: string): Promise<void> {
  await checked.get(path)?.warned
}

/** A delay does not keep an app alive. The next turn keeps a script alive, because its user would get no warning otherwise. */
function later(delay: number | undefined): Promise<unknown> {
  return new Promise((resolve) => {
    if (delay === undefined) setImmediate(resolve)
    else setTimeout(resolve, delay).unref()
  })
}

/**
 * Gives a warning.
 *
 * @param onWarning an error that it throws becomes an uncaught exception. Default `process.emitWarning`.
 */
export function warn(warning: DataDirWarning, onWarning: OnWarning = emitProcessWarning): void {
  try {
    onWarning(warning)
  } catch (error) {
    // Like an error in an event listener, this does not keep the next warning from being given.
    process.nextTick(() => {
      throw error
    })
  }
}

/** Gives a warning in Node's own way: on stderr, and as the `warning` event of the process. */
export function emitProcessWarning({ code, message }: DataDirWarning): void {
  process.emitWarning(message, { type: 'DataDirWarning', code })
}

/** Whether locks depend on a server, a program or the options of a mount. */
function isDoubtful({ kind }: Filesystem): boolean {
  return kind === 'network' || kind === 'fuse'
}

/**
 * Returns why the locks of a directory's filesystem are doubtful, in words that fit into parentheses.
 *
 * @returns undefined if there is no known reason.
 */
export function doubtAbout(path: string): string | undefined {
  const { filesystem, localLocks } = mountedFilesystemOf(path)
  if (localLocks !== undefined) return `refused: with \`${localLocks}\` other computers do not see its locks`
  if (isDoubtful(filesystem)) return `${filesystem.kind}: its locks depend on how it is mounted`
  return exportOf(path) === undefined ? undefined : 'exported over NFS: other computers do not see its locks'
}

/**
 * Finds the reasons why the data in a directory may not be safe.
 *
 * @param filesystem undefined if the app accepts every filesystem.
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
      `${path} is on ${describeFilesystem(filesystem)}. The mount decides whether its lock keeps other computers out, ` +
      'and SQLite is not safe on a network filesystem. Use a folder on a local disk.',
    path,
  }
}

/** nfsd keeps a client's lock as a record lock, and flock on this computer ignores it (man 2 flock, NFS details). */
function aboutExport(path: string, exported: string): DataDirWarning {
  return {
    code: 'DATADIR_NFS_EXPORTED',
    message:
      `Other computers can mount ${path}, because this one exports ${exported} over NFS. Their locks and the ` +
      'locks of this computer do not exclude each other. Use a folder that is not exported, or open it on one computer only.',
    path,
  }
}

/** Windows has no such bits: Node.js invents them. */
function isWritableByOthers(mode: number): boolean {
  return process.platform !== 'win32' && (mode & 0o022) !== 0
}

function aboutPermissions(path: string, mode: number): DataDirWarning {
  const advice =
    (mode & 0o002) === 0
      ? 'The members of its group can read and change the data. If they must not, run `chmod g-w` on it.'
      : 'Run `chmod o-w` on it. If only you use it, run `chmod go-w` on it.'
  return {
    code: 'DATADIR_WRITABLE_BY_OTHERS',
    message: `${path} can be written by other users (mode ${mode.toString(8)}). ${advice}`,
    path,
  }
}

/** Checked when the record is written, because a backup may add the link while the lock is held. */
export function aboutLinkedLockFile(path: string): DataDirWarning {
  return {
    code: 'DATADIR_LOCK_FILE_LINKED',
    message:
      `${path} has a second hard link, so nothing is written to it. The lock works, but a later launch cannot reach ` +
      'the app that holds it. Delete the other name (`find -samefile` finds it), or leave the lock file out of backups ' +
      'that make hard links.',
    path,
  }
}

function aboutSyncClient(path: string, { client, root }: SyncedFolder): DataDirWarning {
  return {
    code: 'DATADIR_SYNC_CLIENT',
    message:
      `${path} is under ${root}, which looks like a folder of ${client}. This program may copy the database ` +
      'while it is being written, and the lock does not keep other computers out. Use a folder that is not synchronized.',
    path,
  }
}
