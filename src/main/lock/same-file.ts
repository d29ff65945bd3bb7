import type { BigIntStats } from 'node:fs'

/** Whether two looks found one file. An inode number alone is reused, but not while somebody has the file open. */
export function isSameFile(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.dev === b.dev
}
