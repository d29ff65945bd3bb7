import { checkDir, findDataDirectory } from '../directory/data-directory.ts'
import { checkName, defaultName, lockPathIn } from '../directory/names.ts'
import type { OwnerRecord } from './owner-record.ts'
import { readRecord } from './owner-record-file.ts'

/**
 * Reads what the owner of a data directory says about itself. It may be out of date: only the lock tells
 * whether there is an owner at all.
 *
 * @param dir the data directory; nothing is created in it.
 * @param name the data directory's name. Default `app`.
 * @returns undefined where the directory or the record is missing, or the record makes no sense.
 * @throws {InvalidOptionError} for an empty path, and for a name that cannot be part of a file name.
 * @throws {DataDirUnusableError} where something else is at that path, or it may not be looked at.
 */
export function readOwner(dir: string, name: string = defaultName): OwnerRecord | undefined {
  checkName(name)
  const directory = findDataDirectory(checkDir(dir))
  return directory && readRecord(lockPathIn(directory.path, name))
}
