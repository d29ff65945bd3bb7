import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'

/** Waits until a file's content is on the disk. Otherwise a rename may reach the disk before the content. */
export function syncFile(path: string): void {
  syncThrough(path, 'r+')
}

/** Waits until the names in a file's folder are on the disk. They need an fsync of their own (man 2 fsync). */
export function syncFolderOf(path: string): void {
  // Windows cannot open a folder, and writes the names to a journal itself.
  if (process.platform !== 'win32') syncThrough(dirname(path), 'r')
}

/** Renames a file in its folder and waits until the new name is on the disk. */
export function renameAndSync(from: string, to: string): void {
  renameSync(from, to)
  syncFolderOf(to)
}

function syncThrough(path: string, flags: string): void {
  const descriptor = openSync(path, flags)
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
