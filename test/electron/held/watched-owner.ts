import { onTestFinished } from 'vitest'
import type { Contender } from '../../../src/main/electron/held/contender.ts'
import { OwnerWatch } from '../../../src/main/electron/held/owner-watch.ts'
import { english } from '../../../src/main/electron/words/english.ts'
import type { Launch } from '../../../src/main/handoff/messages/protocol.ts'
import { acquireDataDirLock } from '../../../src/main/lock/data-dir-lock.ts'
import { DataDirLockedError } from '../../../src/main/lock/errors.ts'
import { type LockScript, runLockScript } from '../../support/lock-script.ts'

/** Starts an owner in another process: `script` has its `lock`. */
export function startOwner(dir: string, script = ''): Promise<LockScript> {
  return runLockScript(
    dir,
    `import { writeFileSync } from 'node:fs'
    process.stdin.resume()
    const lock = acquireDataDirLock({ dir, app: 'Notes' })
    ${script}
    say({ pid: lock.owner.pid })`,
  )
}

/** Watches a directory's owner as a launch does that has just met it. The end of the test releases the lock. */
export function watchOwner(
  dir: string,
  asMet: (error: DataDirLockedError) => DataDirLockedError = (error) => error,
): OwnerWatch {
  const tryLock = () => {
    try {
      return acquireDataDirLock({ dir })
    } catch (error) {
      throw error instanceof DataDirLockedError ? asMet(error) : error
    }
  }
  const watch = new OwnerWatch(refusalOf(tryLock), 'Notes', tryLock)
  onTestFinished(() => watch.lock?.release())
  return watch
}

/** A process of Notes that was refused the lock. */
export function contenderOf(watch: OwnerWatch, launch: Launch): Contender {
  return {
    watch,
    name: 'notes',
    launch: () => launch,
    launches: () => [launch],
    language: () => ({ words: english, locale: 'en' }),
  }
}

function refusalOf(tryLock: () => { release(): void }): DataDirLockedError {
  try {
    tryLock().release()
  } catch (error) {
    if (error instanceof DataDirLockedError) return error
    throw error
  }
  throw new Error('nobody owns the directory')
}
