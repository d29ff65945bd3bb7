import { readFileSync, statSync } from 'node:fs'
import { unescapeOctal } from './mounts.ts'

// The exports that clients have used, and those of exportfs (man 7 nfsd, man 8 exportfs).
const tables = ['/proc/fs/nfsd/exports', '/var/lib/nfs/etab']

/**
 * Finds the folder that this computer exports over NFS and that a directory is in. Linux only. Never throws.
 *
 * @param dir a real path.
 * @returns undefined if there is none, or if the tables of exports cannot be read.
 */
export function exportOf(dir: string): string | undefined {
  if (process.platform !== 'linux') return undefined
  for (const table of tables) {
    try {
      const found = findExport(readFileSync(table, 'utf8'), dir, isOnSameDevice)
      if (found !== undefined) return found
    } catch {
      // No NFS server here, or this user may not read the table.
    }
  }
  return undefined
}

/**
 * Finds the export that a directory is in, in the text of one of the tables: `/srv/home *(rw,crossmnt,uuid=…)`.
 *
 * @param isSameDevice whether two paths are on one mounted filesystem: without `crossmnt` a client does not see what is
 * mounted below an export.
 */
export function findExport(
  table: string,
  dir: string,
  isSameDevice: (folder: string, dir: string) => boolean,
): string | undefined {
  for (const line of table.split('\n')) {
    const [, name = '', clients = ''] = /^(\/\S*)\s+(\S.*)$/.exec(line) ?? []
    const folder = unescapeOctal(name)
    // An entry with `v4root` is only a folder above an export of NFSv4. Clients see nothing else in it.
    if (!isUnder(folder, dir) || /[(,]v4root[,)]/.test(clients)) continue
    if (/[(,](crossmnt|nohide)[,)]/.test(clients) || isSameDevice(folder, dir)) return folder
  }
  return undefined
}

function isUnder(folder: string, dir: string): boolean {
  return folder !== '' && (folder === dir || dir.startsWith(folder.endsWith('/') ? folder : `${folder}/`))
}

function isOnSameDevice(folder: string, dir: string): boolean {
  return statSync(folder).dev === statSync(dir).dev
}
