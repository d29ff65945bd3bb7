import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { unmount } from '../../chaos/filesystem.mjs'

/** The folder behind the mount, and the same folder through it. */
interface LyingMount {
  readonly source: string
  readonly dir: string
  close(): void
}

/**
 * Mounts a real FUSE filesystem that grants every flock.
 *
 * @returns why it cannot be had here otherwise.
 */
export function mountLyingFuse(folder: string): LyingMount | { missing: string } {
  if (process.platform !== 'linux') return { missing: `FUSE is for Linux, this is ${process.platform}` }
  const program = join(folder, 'lying-fuse')
  const code = resolve(import.meta.dirname, 'lying-fuse.c')
  const flags = ['-D_FILE_OFFSET_BITS=64', '-I/usr/include/fuse3', '-lfuse3']
  const compiled = spawnSync('cc', ['-o', program, code, ...flags], { encoding: 'utf8' })
  if (compiled.error) return { missing: 'there is no C compiler (cc)' }
  if (/fatal error: fuse.h/.test(compiled.stderr)) {
    return { missing: 'there is no fuse.h; Debian has it in libfuse3-dev' }
  }
  if (compiled.status !== 0) throw new Error(`cc could not build ${code}: ${compiled.stderr}`)
  const [source, dir] = [join(folder, 'source'), join(folder, 'mount')]
  for (const path of [source, dir]) mkdirSync(path)
  return mountOn(dir, source, program, [dir], { LYING_FUSE_SOURCE: source })
}

/** Mounts a folder on another one with bindfs(1), a FUSE filesystem that keeps locks to itself. */
export function mountBindfs(folder: string): LyingMount | { missing: string } {
  const [source, dir] = [join(folder, 'source'), join(folder, 'mount')]
  for (const path of [source, dir]) mkdirSync(path)
  return mountOn(dir, source, 'bindfs', [source, dir])
}

function mountOn(dir: string, source: string, program: string, args: string[], env: NodeJS.ProcessEnv = {}) {
  const { status, error, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  if (error) return { missing: `there is no ${program}; Debian has a package of that name` }
  if (status !== 0) return { missing: `mounting is not possible here: ${stderr.trim()}` }
  return { source, dir, close: () => unmount(dir) }
}
