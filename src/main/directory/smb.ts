import { filesystemOf } from './filesystem.ts'

const types = new Set(['cifs', 'smb3', 'smbfs'])

/** Why no directory on SMB can be owned: man 2 flock, CIFS details. */
export const mandatory =
  'SMB lets no other process read a file that is locked, so a later launch could not find the process that has the ' +
  'folder'

/** Whether an error of flock means that somebody else has the lock. SMB, whose locks are mandatory, says `EACCES` then. */
export function isRefusedBySmb(error: unknown, path: string): boolean {
  return (error as NodeJS.ErrnoException).code === 'EACCES' && types.has(filesystemOf(path).name)
}
