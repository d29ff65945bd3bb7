import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeFilesystem, filesystemOf, readMount } from '../../src/main/directory/filesystem.ts'
import { findMount, kernelFileAt } from '../../src/main/directory/mounts.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const mountinfo = `21 98 0:20 / /proc rw,relatime - proc proc rw
36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
77 36 0:51 / /home/ada/far\\040away rw,nosuid - fuse.sshfs ada@far:/my\\040home rw,user_id=1000
78 36 0:52 / /mnt/share rw shared:9 master:2 - nfs4 server:/export rw,vers=4.2
7 1 0:5 / /dev rw - devtmpfs udev rw
`

test('the mount is found by its id, with its type, superblock and source', () => {
  expect(findMount(mountinfo, '36')).toEqual({
    device: '98:0',
    type: 'ext3',
    source: '/dev/root',
    options: ['rw', 'noatime', 'rw', 'errors=continue'],
  })
  expect(findMount(mountinfo, '77')).toEqual({
    device: '0:51',
    type: 'fuse.sshfs',
    source: 'ada@far:/my home',
    options: ['rw', 'nosuid', 'rw', 'user_id=1000'],
  })
  expect(findMount(mountinfo, '78')).toMatchObject({ type: 'nfs4', source: 'server:/export' })
  expect(findMount(mountinfo, '7')?.type).toBe('devtmpfs')
})

test.each([undefined, '', '1', '999'])('no mount has the id %j', (id) => {
  expect(findMount(mountinfo, id)).toBeUndefined()
  expect(findMount('nonsense\n1 - \n', id)).toBeUndefined()
})

test.runIf(process.platform === 'linux')(
  'the filesystem of a real directory is the one the mounts name',
  () => {
    const dir = temporaryDirectory()
    const { name, kind } = filesystemOf(dir)
    const type = kernelFileAt(dir)?.mount.type ?? ''
    expect({ name, kind }).toEqual({ name: type, kind: 'local' })
  },
)

test.runIf(process.platform === 'linux')('/dev/shm is tmpfs, and the kind of /proc is unknown', () => {
  expect(filesystemOf('/dev/shm')).toEqual({ name: 'tmpfs', kind: 'local' })
  expect(filesystemOf('/proc').kind).toBe('unknown')
})

test.each([
  ['nfs4', 'network'],
  ['cifs', 'network'],
  // Its statfs is that of what it shows, ext4 for instance.
  ['9p', 'network'],
  ['pvfs2', 'network'],
  ['fuse', 'fuse'],
  ['fuse.sshfs', 'fuse'],
  ['virtiofs', 'fuse'],
  ['fuseblk', 'local'],
  ['overlay', 'local'],
  ['ext2', 'local'],
  ['fusectl', 'unknown'],
  ['proc', 'unknown'],
])('%s is of the kind %s', (type, kind) => {
  const mount = { device: '0:1', type, source: 'somewhere', options: ['rw'] }
  const { filesystem, localLocks } = readMount(mount)
  expect(filesystem.kind).toBe(kind)
  expect(localLocks).toBeUndefined()
})

// The lines are as the kernel's fs/nfs/super.c, fs/smb/client/cifsfs.c, fs/gfs2/super.c and fs/afs/super.c print them.
test.each([
  ['nfs', 'rw,relatime,vers=3,rsize=1048576,hard,nolock,proto=tcp,local_lock=all,addr=10.0.2.2', 'nolock'],
  ['nfs', 'rw,vers=3,hard,proto=tcp,local_lock=flock,addr=10.0.2.2', 'local_lock=flock'],
  ['nfs', 'rw,vers=3,hard,proto=tcp,local_lock=posix,addr=10.0.2.2', undefined],
  ['nfs4', 'rw,vers=4.2,hard,proto=tcp,clientaddr=10.0.2.3,local_lock=none,addr=10.0.2.2', undefined],
  ['cifs', 'rw,vers=3.1.1,cache=strict,username=ada,soft,nounix,serverino,nobrl,mapposix', 'nobrl'],
  ['cifs', 'rw,vers=3.1.1,cache=strict,username=ada,soft,nounix,serverino,mapposix', undefined],
  ['smb3', 'rw,vers=3.1.1,nobrl', 'nobrl'],
  ['gfs2', 'rw,localflocks', 'localflocks'],
  ['ocfs2', 'rw,_netdev,localflocks', 'localflocks'],
  ['lustre', 'rw,localflock,user_xattr', 'localflock'],
  ['afs', 'rw,dyn,flock=local', 'flock=local'],
  ['ext4', 'rw,nolock', undefined],
])('%s with %s keeps its locks on this computer by %s', (type, text, option) => {
  const { localLocks } = readMount({ device: '0:1', type, source: 'somewhere', options: text.split(',') })
  expect(localLocks).toBe(option)
})

test('a missing directory has an unknown filesystem, without an error', () => {
  const dir = temporaryDirectory()
  mkdirSync(join(dir, 'data'))
  expect(filesystemOf(join(dir, 'missing'))).toEqual({ name: 'unknown', kind: 'unknown' })
})

test('the description of a filesystem has the source of its mount if that says more', () => {
  expect(describeFilesystem({ name: 'nfs', kind: 'network', source: 'server:/export' })).toBe(
    'nfs (server:/export)',
  )
  expect(describeFilesystem({ name: 'fuse.x', kind: 'fuse', source: 'fuse.x' })).toBe('fuse.x')
  expect(describeFilesystem({ name: 'ext4', kind: 'local' })).toBe('ext4')
})
