import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
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
  exitCodesHelp,
  nameOption,
  packageVersion,
  parsing,
  UsageError,
} from './command-line.ts'
import { complain, say } from './output.ts'

const help = `Usage: electron-datadir backup DIR TO [--name NAME]

Copies the database of a data directory to TO: one file, checked with quick_check, which appears whole or not at all.
What is at TO is replaced, unless it is a file that a data directory needs. The app may be running: its database is
then read as it is at that moment, and the app can go on writing. If the holder is not on this machine, or cannot be
named, nothing is read and the exit code is 75. If only an index is damaged, the copy is made with a warning.

  --name NAME  the name the app chose; its database is NAME.db (default: app)

${exitCodesHelp}`

/** `backup DIR TO`: exit code 0 when there is a checked backup at TO. */
export const backup: Command = {
  help,
  async run(args) {
    const { values, positionals } = parsing(() =>
      parseArgs({ args, allowPositionals: true, options: nameOption }),
    )
    const [, to] = positionals
    const dir = resolve(directoryAmong(positionals.toSpliced(1, 1)))
    if (!to) throw new UsageError('no path given for the backup')
    const path = databasePathIn(dir, checkName(values.name))
    const target = resolve(to)
    refuseOwnFiles(path, target)
    // Taking the lock would create the directory.
    const lock = existsSync(path) ? await acquireOrShare(dir, values.name) : undefined
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
 * @returns undefined where another process on this machine has the lock. To read beside it is safe then, since both
 * share the memory SQLite's log needs (sqlite.org/wal.html: all on the same host).
 * @throws {DataDirLockedError} where the kernel does not name the holder: it may be on another machine.
 */
async function acquireOrShare(dir: string, name: string): Promise<DataDirLock | undefined> {
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
  const calledOff = new AbortController()
  const callOff = () => calledOff.abort()
  for (const signal of signals) process.once(signal, callOff)
  try {
    return await backUp(connection, to, {
      signal: AbortSignal.any([calledOff.signal, ...(lock ? [lock.lost] : [])]),
    })
  } finally {
    for (const signal of signals) process.off(signal, callOff)
    connection.close()
  }
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
