import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { checkName, databasePathIn } from '../directory/names.ts'
import { acquireDataDirLock, type DataDirLock } from '../lock/data-dir-lock.ts'
import { DataDirLockedError } from '../lock/errors.ts'
import { backUp, openForBackup } from '../sqlite/backup/backup.ts'
import { refuseOwnFiles } from '../sqlite/backup/backup-target.ts'
import type { BackupResult } from '../sqlite/backup/check-backup.ts'
import {
  type Command,
  directoryAmong,
  exitCode,
  nameOption,
  packageVersion,
  parse,
  UsageError,
} from './command-line.ts'
import { complain, say } from './output.ts'

const help = `Usage: electron-datadir backup DIR TO [--name NAME]

Copies the database of a data directory to TO: one file, checked with quick_check. TO is either complete or not written.
A file that exists at TO is replaced, unless a data directory needs that file. The app may be running. Its database is
then read as it is at that moment, and the app can continue to write. If the holder is on another machine, or the
kernel does not name it, nothing is read and the exit code is 75. If only an index is damaged, the copy is made with a
warning.

  --name NAME  the name the app chose; its database is NAME.db (default: app)`

/** `backup DIR TO`: exit code 0 when there is a checked backup at TO. */
export const backup: Command = {
  help,
  async run(args) {
    const { values, positionals } = parse(args, nameOption)
    const [, to] = positionals
    const dir = resolve(directoryAmong(positionals.toSpliced(1, 1)))
    if (!to) throw new UsageError('no path given for the backup')
    const path = databasePathIn(dir, checkName(values.name))
    const target = resolve(to)
    refuseOwnFiles(path, target)
    // If there is no database, the lock is not taken, because that would create the directory.
    const lock = existsSync(path) ? acquireOrShare(dir, values.name) : undefined
    try {
      const { damage } = await copy(path, target, lock)
      if (damage)
        complain(`an index in ${path} is damaged, and in the backup too; every row is in the backup`)
    } catch (error) {
      throw lock?.lost.aborted ? lock.lost.reason : error
    } finally {
      lock?.release()
    }
    say(target)
    return exitCode.ok
  },
}

/**
 * @returns undefined if another process on this machine has the lock. It is safe to read at the same time, because both
 * processes share the memory that SQLite's log needs (sqlite.org/wal.html: all on the same host).
 * @throws {DataDirLockedError} if the kernel does not name the holder. The holder may be on another machine.
 */
function acquireOrShare(dir: string, name: string): DataDirLock | undefined {
  try {
    return acquireDataDirLock({
      dir,
      name,
      app: 'electron-datadir backup',
      version: packageVersion(),
      onWarning: ({ message }) => complain(message),
    })
  } catch (error) {
    if (!(error instanceof DataDirLockedError) || error.holder === undefined) throw error
    complain(`${dir} is held by PID ${error.holder.pid}; its database is read while it is in use`)
    return undefined
  }
}

async function copy(path: string, to: string, lock: DataDirLock | undefined): Promise<BackupResult> {
  const connection = openForBackup(path, lock === undefined)
  const canceled = new AbortController()
  const cancel = () => canceled.abort()
  for (const signal of signals) process.once(signal, cancel)
  try {
    return await backUp(connection, to, {
      signal: AbortSignal.any([canceled.signal, ...(lock ? [lock.lost] : [])]),
    })
  } finally {
    for (const signal of signals) process.off(signal, cancel)
    connection.close()
  }
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
