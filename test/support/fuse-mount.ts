import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { temporaryDirectory } from './temporary-directory.ts'

/**
 * Mounts a real FUSE filesystem: bindfs(1), which shows another directory. Unmounted when the test ends.
 *
 * @param options of the mount. With `direct_io` no file can be mapped into the memory of several processes.
 * @returns where it is mounted, or why there is none here.
 */
export function mountFuse(
  options: readonly string[] = [],
): { mounted: string; behind: string } | { missing: string } {
  const parent = temporaryDirectory()
  const [behind, mounted] = [join(parent, 'behind'), join(parent, 'mounted')]
  mkdirSync(behind)
  mkdirSync(mounted)
  const { status, error, stderr } = spawnSync(
    'bindfs',
    ['--no-allow-other', '-o', ['subtype=bindfs', ...options].join(','), behind, mounted],
    {
      encoding: 'utf8',
    },
  )
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT')
    return { missing: 'there is no bindfs' }
  if (status !== 0) return { missing: `bindfs could not mount: ${stderr.trim()}` }
  onTestFinished(() => {
    spawnSync('umount', ['--lazy', mounted])
  })
  return { mounted, behind }
}
