import { lstat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** A folder that a sync client copies to other machines. */
export interface SyncedFolder {
  /** The name of the client. */
  readonly client: string
  /** The folder. */
  readonly root: string
}

interface SyncClient {
  readonly client: string
  /** The names that it gives to its folder. */
  readonly folder?: RegExp
  /** Files that it keeps in its folder, if the folder may have any name. */
  readonly markers?: readonly string[]
}

// `.dropbox` is no marker, because Dropbox also has a folder of that name in the home folder. The names of Nextcloud's
// journals have a hash in them, so that they can only be found by listing a folder, which may be large or slow.
const syncClients: readonly SyncClient[] = [
  { client: 'Dropbox', folder: /^Dropbox( \(.+\))?$/, markers: ['.dropbox.cache'] },
  { client: 'OneDrive', folder: /^OneDrive( - .+|-.+)?$/ },
  { client: 'iCloud Drive', folder: /^(Mobile Documents|iCloudDrive|com~apple~CloudDocs)$/ },
  { client: 'Google Drive', folder: /^(Google ?Drive|GoogleDrive-.+|My Drive|DriveFS)$/ },
  {
    client: 'Nextcloud or ownCloud',
    folder: /^(Nextcloud|ownCloud)\d*$/,
    markers: ['.nextcloudsync.log', '.owncloudsync.log'],
  },
  { client: 'pCloud', folder: /^pCloud ?Drive$/ },
  { client: 'Syncthing', markers: ['.stfolder'] },
  { client: 'Seafile', markers: ['.seafile-data'] },
  { client: 'Synology Drive', markers: ['.SynologyWorkingDirectory'] },
  { client: 'Resilio Sync', markers: ['.sync'] },
]

/**
 * Finds out whether a sync client copies a directory to other machines, which no lock reaches. It compares the names of the
 * folders above the directory, and looks in them for a few files by name. It lists no folder.
 *
 * @param dir a real path.
 * @returns the nearest folder, from the directory upward, that looks like a client's; undefined if there is none. The answer
 * is a guess, good enough for a warning only.
 */
export async function syncedFolderOf(dir: string): Promise<SyncedFolder | undefined> {
  const name = basename(dir)
  for (const { client, folder, markers = [] } of syncClients) {
    if (folder?.test(name)) return { client, root: dir }
    for (const marker of markers) if (await exists(join(dir, marker))) return { client, root: dir }
  }
  const parent = dirname(dir)
  return parent === dir ? undefined : syncedFolderOf(parent)
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
