// @ts-check

/**
 * A way to share one folder between host A, a client, and host B, which is the server and mostly a client of itself.
 * @typedef {object} Row
 * @property {string} id for `--only`
 * @property {string} title
 * @property {string} filesystem which protocol, for the table
 * @property {string} mount mounts the folder on /mnt, on both hosts; host B shares /srv/data
 * @property {{ 'host-a': string, 'host-b': string }} [folders] where each host finds the folder, if not in /mnt
 * @property {boolean} [bOwns] whether host B comes first
 * @property {'refused' | 'warned' | 'exported' | 'one-owner' | 'never-two'} expected
 * @property {boolean} [unreachable] whether the server goes away while host A owns
 */

const server = '10.9.0.2'

/**
 * @param {number} version
 * @param {string} [options]
 */
const nfs = (version, options = '') =>
  `mount.nfs ${server}:${version === 3 ? '/srv/data' : '/'} /mnt -o vers=${version === 3 ? 3 : 4.2}${options}`

const smb = (options = '') =>
  `modprobe cifs; mount.cifs //${server}/data /mnt -o username=root,password=secret${options}`

const sshfs =
  `sshfs root@${server}:/srv/data /mnt -o ` +
  'IdentityFile=/run/key,StrictHostKeyChecking=no,UserKnownHostsFile=/dev/null'

const besideServer = { 'host-a': '/mnt', 'host-b': '/srv/data' }

/** @type {readonly Row[]} */
export const rows = [
  { id: 'nfs3', title: 'NFSv3', filesystem: 'NFS', mount: nfs(3), expected: 'one-owner' },
  { id: 'nfs42', title: 'NFSv4.2', filesystem: 'NFS', mount: nfs(4), expected: 'one-owner' },
  {
    id: 'nolock',
    title: 'NFSv3, `nolock`',
    filesystem: 'NFS',
    mount: nfs(3, ',nolock'),
    expected: 'refused',
  },
  {
    id: 'local-flock',
    title: 'NFSv3, `local_lock=flock`',
    filesystem: 'NFS',
    mount: nfs(3, ',local_lock=flock'),
    expected: 'refused',
  },
  {
    id: 'local-all',
    title: 'NFSv3, `local_lock=all`',
    filesystem: 'NFS',
    mount: nfs(3, ',local_lock=all'),
    expected: 'refused',
  },
  {
    id: 'client-server',
    title: 'NFSv4.2: a client owns, the server tries',
    filesystem: 'NFS',
    mount: nfs(4),
    folders: besideServer,
    expected: 'exported',
  },
  {
    id: 'server-client',
    title: 'NFSv4.2: the server owns, a client tries',
    filesystem: 'NFS',
    mount: nfs(4),
    folders: besideServer,
    bOwns: true,
    expected: 'exported',
  },
  { id: 'smb', title: 'SMB 3.1.1', filesystem: 'SMB', mount: smb(), expected: 'never-two' },
  { id: 'nobrl', title: 'SMB 3.1.1, `nobrl`', filesystem: 'SMB', mount: smb(',nobrl'), expected: 'refused' },
  {
    id: '9p',
    title: '9p (virtio)',
    filesystem: '9p',
    mount: 'mount -t 9p share /mnt -o trans=virtio,version=9p2000.L',
    expected: 'warned',
  },
  { id: 'sshfs', title: 'sshfs', filesystem: 'sshfs', mount: sshfs, expected: 'warned' },
  {
    id: 'unreachable',
    title: 'NFSv4.2: the server is away for a minute',
    filesystem: 'NFS',
    mount: nfs(4),
    unreachable: true,
    expected: 'one-owner',
  },
]
