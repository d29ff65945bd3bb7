import { lstatSync, mkdirSync, rmdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { isSystemFolder } from './system-folder.ts'

const writableByOthers = 0o022
/** In such a folder only the owner of an entry can rename or remove it, as in `/tmp` (man 2 unlink, `EPERM`). */
const sticky = 0o1000
const permissions = 0o777

/**
 * Whether only this user and root can add, rename or remove anything in a folder. The folder and all of its parents must
 * belong to one of the two, and nobody else may write in them. Others may write in a parent that has the sticky bit.
 *
 * @param folder its real path: a symbolic link on the way makes it not private.
 * @throws the system's error if it is missing, or may not be looked at.
 */
export function isPrivateFolder(folder: string): boolean {
  const user = process.geteuid?.()
  for (let path = folder; ; path = dirname(path)) {
    const stats = lstatSync(path)
    if (!stats.isDirectory()) return false
    if (stats.uid !== user && stats.uid !== 0 && !isSystemFolder(path, stats.uid)) return false
    const isProtected = path !== folder && (stats.mode & sticky) !== 0
    if ((stats.mode & writableByOthers) !== 0 && !isProtected) return false
    if (path === dirname(path)) return true
  }
}

/**
 * Makes a folder for this user alone, unless there is one already.
 *
 * @param folder its real path.
 * @throws the system's error if it cannot be made, and an error if another user can write there, or has made it first.
 */
export function makePrivateFolder(folder: string): void {
  const isNew = isMade(folder)
  const { uid, mode } = lstatSync(folder)
  if (uid === process.geteuid?.() && (mode & permissions) === 0o700 && isPrivateFolder(folder)) return
  if (isNew) rmdirSync(folder)
  throw new Error(`${folder} is not for this user alone.`)
}

function isMade(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  }
}
