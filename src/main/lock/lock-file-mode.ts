import { type BigIntStats, fchmodSync } from 'node:fs'

/**
 * Takes everybody else's permissions from a lock file that has some, from a restored backup or a generous program:
 * the owner record in it has the secret of the hand-off. Only the file's owner may do that (man 2 chmod).
 */
export function keepToOwner(fd: number, { mode, uid }: Pick<BigIntStats, 'mode' | 'uid'>): void {
  // Windows has no such bits, and no user ids either.
  if ((mode & 0o077n) === 0n || Number(uid) !== process.geteuid?.()) return
  try {
    fchmodSync(fd, 0o600)
  } catch {
    // A filesystem that keeps no permissions, or only one set for all files: it would not be more private after.
  }
}
