import { closeSync, constants, fstatSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'

// In a directory that a group shares, its members can read the lock file, and with it the owner record. The secret of
// the hand-off is then in a file of its own, one for each user. A contender of another user cannot read it, and its
// launches are not taken: their window would open on the screen of another user.

const longestToken = 256

function tokenPath(lockPath: string, uid: number): string {
  return lockPath.replace(/\.lock$/, `.token-${uid}`)
}

/** @returns this user's id; undefined on Windows, where no directory is shared in this way. */
export function ownUserId(): number | undefined {
  return process.geteuid?.()
}

/**
 * Writes the token of this user's owner, into a new file: an existing file may belong to another user, who could read it.
 *
 * @throws the system's error, for instance `ENOSPC`.
 */
export function writeToken(lockPath: string, token: string): void {
  const uid = ownUserId()
  if (uid === undefined) return
  const path = tokenPath(lockPath, uid)
  rmSync(path, { force: true })
  writeFileSync(path, token, { flag: 'wx', mode: 0o600 })
}

/** Removes it again. It never throws: a token without an owner opens nothing. */
export function removeToken(lockPath: string): void {
  const uid = ownUserId()
  try {
    if (uid !== undefined) rmSync(tokenPath(lockPath, uid), { force: true })
  } catch {
    // The next owner of this user replaces it.
  }
}

/**
 * Reads the token of an owner.
 *
 * @param uid the owner's user id, from its record.
 * @returns undefined if the owner is another user, or if another user has put the file there.
 */
export function readToken(lockPath: string, uid: number): string | undefined {
  if (uid !== ownUserId()) return undefined
  try {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
    const fd = openSync(tokenPath(lockPath, uid), flags)
    try {
      const stats = fstatSync(fd)
      if (stats.uid !== uid || !stats.isFile()) return undefined
      const bytes = Buffer.alloc(longestToken)
      return bytes.toString('utf8', 0, readSync(fd, bytes, 0, longestToken, 0)) || undefined
    } finally {
      closeSync(fd)
    }
  } catch {
    // Missing or unreadable: then there is no hand-off.
    return undefined
  }
}
