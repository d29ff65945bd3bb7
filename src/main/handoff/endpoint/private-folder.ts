import { lstatSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import { dirname } from 'node:path'

const writableByOthers = 0o022
/** In such a folder only the owner of an entry can rename or remove it, as in `/tmp` (man 2 unlink, `EPERM`). */
const sticky = 0o1000
const permissions = 0o777

/**
 * Whether only this user and root can add, rename or remove anything in a folder. The folder and all of its parents must
 * belong to one of the two, and others may not write to them. Others may write to a parent that has the sticky bit.
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
 * Creates a folder for this user alone, unless there is one already.
 *
 * @param folder its real path.
 * @throws the system's error if it cannot be created, and an error if another user can write to it, or has created it first.
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

// They belong to root on every system.
const systemFolders = new Set(['/', '/home', '/run', '/run/user', '/tmp', '/var', '/var/home', '/var/tmp'])

let unmapped: number | 'none' | undefined

/**
 * Whether a folder is one of those that belong to root on every system, in a user namespace that does not map root. There
 * all users that are not mapped have the same user id (man 7 user_namespaces), so only the path shows the owner. The
 * sandboxes of packaged apps are such namespaces.
 *
 * @param uid the owner of the folder, as this process sees it.
 */
function isSystemFolder(path: string, uid: number): boolean {
  unmapped ??= readUnmappedUser()
  return systemFolders.has(path) && uid === unmapped
}

/** @returns `none` outside of such a namespace. */
function readUnmappedUser(): number | 'none' {
  try {
    const user = Number(readFileSync('/proc/sys/kernel/overflowuid', 'utf8'))
    const isMapped = readFileSync('/proc/self/uid_map', 'utf8')
      .trim()
      .split('\n')
      .some((line) => {
        const [first = 0, , count = 0] = line.trim().split(/\s+/).map(Number)
        return user >= first && user < first + count
      })
    return isMapped ? 'none' : user
  } catch {
    // No /proc, or a kernel without user namespaces.
    return 'none'
  }
}
