import { spawnSync } from 'node:child_process'
import { readdirSync, readlinkSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { acquireDataDirLock } from '../../src/main/lock/data-dir-lock.ts'
import { DataDirLockedError } from '../../src/main/lock/errors.ts'
import { isFree } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** The descriptors this process has open in a directory, or on it. */
function openIn(dir: string): string[] {
  return readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`)
      } catch {
        // The one that listed them.
        return ''
      }
    })
    .filter((path) => path.startsWith(dir))
}

test('a released lock is free at once, and its descriptors are closed in the next turn', async () => {
  const dir = temporaryDirectory()
  acquireDataDirLock({ dir }).release()
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
  expect(isFree(dir)).toBe(true)
  await nextTurn()
  await nextTurn()
  expect(openIn(dir)).toEqual([])
})

test('a lock that is taken and released many times in one turn opens nothing twice', () => {
  const dir = temporaryDirectory()
  for (let time = 0; time < 50; time++) acquireDataDirLock({ dir }).release()
  expect(openIn(dir)).toHaveLength(2)
})

test.each([
  ['removed', (path: string) => unlinkSync(path)],
  [
    'replaced',
    (path: string) => {
      writeFileSync(`${path}.new`, '')
      renameSync(`${path}.new`, path)
    },
  ],
])('a lock file that was %s between two owners in one turn is opened and locked again', (_how, harm) => {
  const dir = temporaryDirectory()
  const path = join(dir, 'app.lock')
  acquireDataDirLock({ dir }).release()
  harm(path)
  const lock = acquireDataDirLock({ dir })
  expect(statSync(path).size).toBe(4096)
  expect(isFree(path)).toBe(false)
  lock.release()
})

test('another process that takes the lock in that turn has it', () => {
  const dir = temporaryDirectory()
  acquireDataDirLock({ dir }).release()
  const script = 'exec 9>"$1"; flock --nonblock 9 && { sleep 1000 >/dev/null 2>&1 & echo $!; }'
  const { stdout } = spawnSync('bash', ['-c', script, 'bash', join(dir, 'app.lock')], { encoding: 'utf8' })
  const survivor = Number(stdout)
  onTestFinished(() => {
    process.kill(survivor, 'SIGKILL')
  })
  expect(() => acquireDataDirLock({ dir })).toThrow(DataDirLockedError)
  expect(openIn(dir)).toEqual([])
})
