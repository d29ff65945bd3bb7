// A lock file that has a second name may be another file, or part of a backup. It is locked, and nothing is written into it.
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { acquireDataDirLock } from '../../src/main/lock/data-dir-lock.ts'
import { readOwner } from '../../src/main/owner/owner-record-file.ts'
import type { DataDirWarning } from '../../src/shared/data-dir-warning.ts'
import { startHolder } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

// Windows keeps the record in a file of its own.
const isWindows = process.platform === 'win32'

function acquire(dir: string) {
  const warnings: DataDirWarning[] = []
  const lock = acquireDataDirLock({ dir, onWarning: (warning) => warnings.push(warning) })
  onTestFinished(() => lock.release())
  return { lock, warnings }
}

test.skipIf(isWindows)(
  'a precious file under a second name keeps its bytes and its permissions',
  async () => {
    const dir = temporaryDirectory()
    const precious = join(dir, 'letters.txt')
    writeFileSync(precious, 'dear '.repeat(2_000), { mode: 0o644 })
    linkSync(precious, join(dir, 'app.lock'))
    const { lock, warnings } = acquire(dir)
    expect((await startHolder({ dir })).said).toBe('ERR_DATADIR_LOCKED')
    lock.publish({ state: 'ready' })
    lock.release()
    expect(readFileSync(precious, 'utf8')).toBe('dear '.repeat(2_000))
    expect(statSync(precious).mode & 0o777).toBe(0o644)
    await setImmediate()
    expect(warnings).toMatchObject([{ code: 'DATADIR_LOCK_FILE_LINKED', path: join(dir, 'app.lock') }])
  },
)

test.skipIf(isWindows)(
  'a backup of hard links keeps the record of its time, also when the owner quits',
  async () => {
    const dir = temporaryDirectory()
    const { lock, warnings } = acquire(dir)
    lock.publish({ state: 'ready' })
    const backup = join(temporaryDirectory(), 'app.lock')
    linkSync(join(dir, 'app.lock'), backup)
    const before = readFileSync(backup, 'utf8')
    lock.publish({ state: 'migrating' })
    lock.publish({ state: 'ready' })
    await setImmediate()
    expect(warnings).toMatchObject([{ code: 'DATADIR_LOCK_FILE_LINKED' }])
    lock.release()
    expect(readFileSync(backup, 'utf8')).toBe(before)
    rmSync(backup)
    const again = acquire(dir)
    expect(readOwner(dir)?.state).toBe('starting')
    again.lock.release()
    expect(again.warnings).toEqual([])
  },
)
