import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { syncedFolderOf } from '../../src/main/directory/sync-client.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

function folder(...segments: string[]): string {
  const path = join(temporaryDirectory(), ...segments)
  mkdirSync(path, { recursive: true })
  return path
}

test.each([
  ['.dropbox.cache', 'Dropbox'],
  ['.stfolder', 'Syncthing'],
  ['.nextcloudsync.log', 'Nextcloud or ownCloud'],
  ['.owncloudsync.log', 'Nextcloud or ownCloud'],
  ['.seafile-data', 'Seafile'],
])('the file %s marks a folder of %s, and every folder below it', async (marker, client) => {
  const root = folder('files')
  const dir = join(root, 'notes', 'data')
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(root, marker), '')
  expect(await syncedFolderOf(dir)).toEqual({ client, root })
  expect(await syncedFolderOf(root)).toEqual({ client, root })
})

test.each([
  ['Dropbox', 'Dropbox'],
  ['Dropbox (Personal)', 'Dropbox'],
  ['OneDrive', 'OneDrive'],
  ['OneDrive - Example Ltd', 'OneDrive'],
  ['Mobile Documents', 'iCloud Drive'],
  ['Google Drive', 'Google Drive'],
  ['GoogleDrive-ada@example.org', 'Google Drive'],
  ['Nextcloud', 'Nextcloud or ownCloud'],
])('a folder with the name %s is a folder of %s', async (name, client) => {
  const dir = folder(name, 'notes')
  expect(await syncedFolderOf(dir)).toEqual({ client, root: join(dir, '..') })
})

test.each(['My Dropbox notes', 'dropboxes', 'OneDriver', 'Nextcloud plans', 'sync', '.syncing'])(
  'a folder with the similar name %s is no folder of a sync client',
  async (name) => {
    expect(await syncedFolderOf(folder(name, 'notes'))).toBeUndefined()
  },
)

test('the folder .dropbox, which Dropbox has in each home folder, marks no folder', async () => {
  const home = folder('ada')
  mkdirSync(join(home, '.dropbox'))
  expect(await syncedFolderOf(join(home, 'notes'))).toBeUndefined()
})
