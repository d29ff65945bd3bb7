import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { LockOptions } from '../../src/main/lock/data-dir-lock.ts'

/** What acquiring came to in another process: `code` is undefined where it succeeded. */
export interface AttemptElsewhere {
  readonly code?: string
  readonly message?: string
}

/**
 * Compiles the replacement of flock(2).
 *
 * @returns the library's path, or why there is none here.
 */
export function buildNoLockShim(folder: string): { library: string } | { missing: string } {
  if (process.platform !== 'linux') return { missing: `LD_PRELOAD is for Linux, this is ${process.platform}` }
  const library = join(folder, 'no-lock-shim.so')
  const source = resolve(import.meta.dirname, 'no-lock-shim.c')
  const { status, error, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-o', library, source], {
    encoding: 'utf8',
  })
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
    return { missing: 'there is no C compiler (cc)' }
  }
  if (error || status !== 0) throw new Error(`cc could not build ${source}: ${error ?? stderr}`)
  return { library }
}

/** Acquires in a real second process whose flock(2) answers as told: `'grant'`, or the errno it fails with. */
export function acquireUnderShim(
  library: string,
  answer: 'grant' | number,
  options: LockOptions,
): AttemptElsewhere {
  const built = pathToFileURL(resolve(import.meta.dirname, '../../dist/main/lock/data-dir-lock.js')).href
  const script = `
    import { acquireDataDirLock } from ${JSON.stringify(built)}
    let attempt = {}
    try { acquireDataDirLock(${JSON.stringify(options)}).release() }
    catch ({ code, message }) { attempt = { code, message } }
    console.log(JSON.stringify(attempt))`
  const { stdout, stderr, error } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, LD_PRELOAD: library, NO_LOCK_SHIM: String(answer) },
  })
  if (error || !stdout) throw new Error(`the process under the shim said nothing: ${error ?? stderr}`)
  return JSON.parse(stdout)
}
