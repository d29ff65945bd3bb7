import { type BigIntStats, close, constants, fstat, write, writeSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { DataDirWarning } from '../../shared/data-dir-warning.ts'
import { isSameFile } from '../directory/data-directory.ts'
import type { Filesystem } from '../directory/filesystem.ts'
import { recordBytes } from '../owner/owner-record.ts'
import type { FileLock } from './lock-file.ts'

const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** If this many checks in a row find other content, it is another file. */
const differencesAtMost = 3

/**
 * Whether a filesystem asks a server or a program about its files and locks. On macOS and Windows every filesystem is of
 * unknown kind, and counts as local.
 */
export function isRemote({ kind }: Filesystem): boolean {
  return kind !== 'local' && (kind !== 'unknown' || process.platform === 'linux')
}

/** Returns an owner's warning about a directory that does not answer. */
export function aboutOutage(dir: string, name: string): DataDirWarning {
  return {
    code: 'DATADIR_NOT_CHECKED',
    message:
      `${dir} has not answered for 10 s. This process cannot see whether ${name}.lock is still in its place. It keeps the ` +
      'lock, and its reads and writes wait. Check the connection to the server, or the disk.',
    path: dir,
  }
}

/**
 * The lock file on a filesystem that asks a server or a program, which may not answer for hours. After the lock is taken,
 * no call here blocks this thread. One call is in flight at a time, because libuv has four threads for the whole process.
 */
export class RemoteLockFile {
  readonly #path: string
  readonly #fd: number
  readonly #onLinked: () => void
  readonly #opened: BigIntStats
  #written: Buffer | undefined
  #next: Buffer | undefined
  #differences = 0
  #waiting = 0
  #last: Promise<unknown> = Promise.resolve()

  /**
   * @param record the first one. It is written synchronously, like everything that takes the lock.
   * @param onLinked called when nothing is written because the file has a second hard link.
   */
  constructor(path: string, { fd, opened }: FileLock, record: Buffer, onLinked: () => void) {
    this.#path = path
    this.#fd = fd
    this.#onLinked = onLinked
    this.#opened = opened
    try {
      if (opened.nlink > 1n) onLinked()
      else {
        writeSync(fd, record, 0, record.length, 0)
        this.#written = record
      }
    } catch {
      // The lock works without a record.
    }
  }

  /** Whether a call has no answer yet. The descriptors must stay open then. */
  get isBusy(): boolean {
    return this.#waiting > 0
  }

  /** Whether the last check found other content, so that this may be another file. */
  get hasOtherContent(): boolean {
    return this.#differences > 0
  }

  /** Writes a record soon. If several wait, only the latest is written. */
  write(record: Buffer): void {
    const isPlanned = this.#next !== undefined
    this.#next = record
    if (!isPlanned) void this.#inTurn(() => this.#write())
  }

  async #write(): Promise<void> {
    const record = this.#next
    this.#next = undefined
    if (!record) return
    this.#written = undefined
    try {
      if ((await promisify(fstat)(this.#fd)).nlink > 1) return this.#onLinked()
      await promisify(write)(this.#fd, record, 0, record.length, 0)
      this.#written = record
    } catch {
      // The lock works without a record.
    }
  }

  /**
   * Whether the path leads to the locked file. NFS answers `stat` from a cache for up to a minute, but asks the server
   * when a file is opened (man 5 nfs, close-to-open cache consistency).
   *
   * @throws the system's error, for example `ENOENT`.
   */
  isInPlace(): Promise<boolean> {
    return this.#inTurn(async () => {
      const file = await open(this.#path, openFlags)
      try {
        return (
          isSameFile(await file.stat({ bigint: true }), this.#opened) && (await this.#isSameContent(file))
        )
      } finally {
        await file.close()
      }
    })
  }

  /**
   * A server that holds no file open for this process (NFSv3) gives the inode number of a removed file to the next file. That
   * file does not have the record. If another program has only written into the locked file, the record is written again.
   */
  async #isSameContent(file: FileHandle): Promise<boolean> {
    const ours = this.#written
    if (!ours || (await contentOf(file))?.equals(ours) !== false) {
      this.#differences = 0
      return true
    }
    this.write(this.#next ?? ours)
    return ++this.#differences < differencesAtMost
  }

  /**
   * Blanks the record, and closes descriptors, which releases the lock.
   *
   * @param descriptors called when all earlier calls have been answered. It returns the descriptors to close. Threads of
   * libuv close them, also while this thread is blocked for a moment.
   */
  async close(blank: Buffer, descriptors: () => readonly number[]): Promise<void> {
    this.write(blank)
    await this.#inTurn(() => Promise.allSettled(descriptors().map((fd) => promisify(close)(fd))))
  }

  #inTurn<Result>(call: () => Promise<Result>): Promise<Result> {
    this.#waiting++
    const result = this.#last.then(call).finally(() => {
      this.#waiting--
    })
    this.#last = result.catch(() => undefined)
    return result
  }
}

/** @returns undefined if it cannot be read: on SMB others cannot read a locked file. */
async function contentOf(file: FileHandle): Promise<Buffer | undefined> {
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(recordBytes), 0, recordBytes, 0)
    return buffer.subarray(0, bytesRead)
  } catch {
    return undefined
  }
}
