import { closeSync, fsyncSync, openSync } from 'node:fs'
import { dirname } from 'node:path'

/** Waits until a file's contents are on the disk: without that, a rename may reach it before they do. */
export function syncFile(path: string): void {
  syncThrough(path, 'r+')
}

/** Waits until the names in a file's folder are on the disk (fsync(2) asks for that separately). */
export function syncFolderOf(path: string): void {
  // Windows opens no folder, and journals its names itself.
  if (process.platform !== 'win32') syncThrough(dirname(path), 'r')
}

function syncThrough(path: string, flags: string): void {
  const descriptor = openSync(path, flags)
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
