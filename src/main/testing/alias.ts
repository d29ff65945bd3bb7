import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestKitError } from './errors.ts'

/** Another path to the same directory. It is removed when it is disposed of. */
export interface Alias extends Disposable {
  /** The second path. */
  readonly path: string
}

/**
 * Gives a directory a second path, in the system's folder for temporary files.
 *
 * @param by a symbolic link, or a bind mount (man 8 mount). A bind mount needs Linux and root.
 * @throws {TestKitError} if mounting is not allowed, or the system cannot do it.
 */
export function aliasDirectory(dir: string, by: 'symlink' | 'bind-mount' = 'symlink'): Alias {
  const folder = mkdtempSync(join(tmpdir(), 'datadir-alias-'))
  const path = join(folder, 'alias')
  try {
    const remove = by === 'symlink' ? linkTo(dir, path) : mountAt(dir, path)
    return {
      path,
      [Symbol.dispose]() {
        remove()
        rmdirSync(folder)
      },
    }
  } catch (error) {
    rmdirSync(folder)
    throw error
  }
}

function linkTo(dir: string, path: string): () => void {
  symlinkSync(dir, path, 'dir')
  return () => unlinkSync(path)
}

function mountAt(dir: string, path: string): () => void {
  mkdirSync(path)
  const { status, stderr, error } = spawnSync('mount', ['--bind', dir, path], { encoding: 'utf8' })
  if (status !== 0) {
    rmdirSync(path)
    const why = error?.message ?? stderr.trim()
    throw new TestKitError(
      `${dir} could not be bind-mounted: ${why}.`,
      'Run the test as root on Linux, or use `symlink`.',
    )
  }
  return () => {
    // A process that is ending may still have a file open there.
    spawnSync('umount', ['--lazy', path])
    rmdirSync(path)
  }
}
