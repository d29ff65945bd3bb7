import type { BigIntStats } from 'node:fs'

/** Which file a look has found. An inode number alone is used again, but not while a file is open. */
export function fileIdOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`
}
