import { readdir } from 'node:fs/promises'
import { dirname, parse, sep } from 'node:path'

/** A program that copies a folder to other machines, and the folder it does that with. */
export interface SyncedFolder {
  readonly client: string
  readonly root: string
}

// Files and folders that a client keeps in the root of what it synchronises.
const markers: readonly (readonly [RegExp, string])[] = [
  [/^\.dropbox(\.cache|\.attr)?$/, 'Dropbox'],
  [/^\.stfolder$/, 'Syncthing'],
  [/^\.(_)?sync_[0-9a-f]+\.db$/, 'Nextcloud or ownCloud'],
  [/^\.(nextcloud|owncloud)sync\.log$/, 'Nextcloud or ownCloud'],
  [/^\.seafile-data$/, 'Seafile'],
  [/^\.SynologyWorkingDirectory$/, 'Synology Drive'],
  [/^\.sync$/, 'Resilio Sync'],
]

// Names the clients give to that root, where they keep their marks elsewhere.
const folderNames: readonly (readonly [RegExp, string])[] = [
  [/^Dropbox( \(.+\))?$/, 'Dropbox'],
  [/^OneDrive( - .+|-.+)?$/, 'OneDrive'],
  [/^(Mobile Documents|iCloudDrive|com~apple~CloudDocs)$/, 'iCloud Drive'],
  [/^(Google ?Drive|GoogleDrive-.+|My Drive|DriveFS)$/, 'Google Drive'],
  [/^Nextcloud\d*$|^ownCloud\d*$/, 'Nextcloud or ownCloud'],
  [/^pCloudDrive$|^pCloud Drive$/, 'pCloud'],
]

/**
 * Recognises a directory that a sync client copies to other machines, whose copies of a database no lock reaches.
 * The folders above it are listed off the main thread: one of them may be large, and an app is starting.
 *
 * @param dir a real path.
 * @returns the nearest folder above it (or itself) that looks like a client's root; undefined where none does. It
 * is a guess from names, good for a warning and for nothing else.
 */
export async function syncedFolderOf(dir: string): Promise<SyncedFolder | undefined> {
  for (let folder = dir; ; folder = dirname(folder)) {
    const client = clientByName(folder) ?? (await clientByMarker(folder))
    if (client) return { client, root: folder }
    if (folder === parse(folder).root) return undefined
  }
}

function clientByName(folder: string): string | undefined {
  const name = folder.slice(folder.lastIndexOf(sep) + 1)
  return folderNames.find(([pattern]) => pattern.test(name))?.[1]
}

async function clientByMarker(folder: string): Promise<string | undefined> {
  try {
    for (const entry of await readdir(folder)) {
      const client = markers.find(([pattern]) => pattern.test(entry))?.[1]
      if (client) return client
    }
  } catch {
    // A folder that may be passed through but not listed. Its name was looked at.
  }
  return undefined
}
