import type { BigIntStats } from 'node:fs'

type FileId = Pick<BigIntStats, 'ino' | 'dev'>

/** Whether two looks found one file. An inode number alone is reused, but not while somebody has the file open. */
export function isSameFile(a: FileId, b: FileId): boolean {
  return a.ino === b.ino && a.dev === b.dev
}
