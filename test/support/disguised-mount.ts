import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from './temporary-directory.ts'

/** What the kernel's tables are to say to one process. */
export interface Disguise {
  /** The end of the mount's line in mountinfo: type, source and options of the superblock. */
  readonly mount?: string
  /** The text of `/proc/fs/nfsd/exports`, with DIR for the mounted directory. */
  readonly exports?: string
}

/** Why a process cannot have a table of mounts of its own here, if it cannot. */
export function whyNoDisguise(): string | undefined {
  if (process.platform !== 'linux') return 'it is for Linux'
  const { status, stderr } = spawnSync('unshare', ['--mount', 'true'], { encoding: 'utf8' })
  return status === 0 ? undefined : `unshare --mount is not allowed: ${stderr.trim()}`
}

/**
 * A tmpfs for one process and its threads, which the kernel's tables call something else. The tables are real files, mounted
 * over those of /proc in a namespace of the process: this kernel may have no network filesystem and no server.
 *
 * @returns the directory, and the command that runs what follows it.
 */
export function disguisedMount({ mount, exports = '' }: Disguise): { dir: string; under: string[] } {
  const parent = temporaryDirectory()
  const dir = join(parent, 'mounted')
  mkdirSync(dir)
  mkdirSync(join(parent, 'nfsd'))
  writeFileSync(join(parent, 'nfsd/exports'), exports.replaceAll('DIR', dir))
  const steps = ['set -e', `mount -t tmpfs -o mode=700 disguised '${dir}'`]
  if (exports !== '') steps.push(`mount --bind '${parent}/nfsd' /proc/fs/nfsd`)
  if (mount !== undefined) {
    steps.push(
      `sed 's| - tmpfs disguised rw| - ${mount}|' /proc/self/mountinfo > '${parent}/mountinfo'`,
      `mount --bind '${parent}/mountinfo' /proc/$$/mountinfo`,
    )
  }
  return { dir, under: ['unshare', '--mount', 'sh', '-c', [...steps, 'exec "$@"'].join('\n'), 'sh'] }
}
