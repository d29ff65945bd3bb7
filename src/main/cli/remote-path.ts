import { readFileSync, readlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { attempt } from '../../shared/attempt.ts'
import { kindOf } from '../directory/filesystem.ts'
import { unescapeOctal } from '../directory/mounts.ts'

// As many as the kernel follows (man 7 path_resolution).
const linksAtMost = 40

/**
 * Whether a path leads to a filesystem that may not answer. This sends such a filesystem no request. On systems other than
 * Linux the answer is always no.
 */
export function isRemotePath(path: string): boolean {
  const points = remoteMountPoints()
  let left = partsOf(resolve(path))
  let at = '/'
  let links = 0
  while (points.size > 0 && links < linksAtMost) {
    if (points.has(at)) return true
    const [part, ...others] = left
    if (part === undefined) return false
    const next = join(at, part)
    // A request to the filesystem at a mount point may hang, even the question whether it is a link.
    const target = points.has(next) ? undefined : attempt(() => readlinkSync(next))
    if (target === undefined) {
      left = others
      at = next
    } else {
      left = [...partsOf(resolve(at, target)), ...others]
      at = '/'
      links++
    }
  }
  return false
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '')
}

function remoteMountPoints(): Set<string> {
  const points = new Set<string>()
  // It is missing on another system, or without /proc.
  const table = attempt(() => readFileSync('/proc/self/mountinfo', 'utf8')) ?? ''
  for (const line of table.split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    if (isRemoteType(after.split(' ', 1)[0] ?? '')) points.add(unescapeOctal(before.split(' ')[4] ?? ''))
  }
  return points
}

/** A call on such a filesystem may wait for a server or a program without a limit. autofs mounts one when it is looked at. */
function isRemoteType(type: string): boolean {
  return type === 'autofs' || kindOf(type) === 'network' || kindOf(type) === 'fuse'
}
