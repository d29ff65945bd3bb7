import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  readdirSync,
  readlinkSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { acquireDataDirLock } from '../../src/main/lock/data-dir-lock.ts'
import { guardPathsOf } from '../../src/main/lock/directory-guard.ts'
import { DataDirLockedError } from '../../src/main/lock/errors.ts'
import { isFree } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** The descriptors this process has open in a directory, or on it. */
function descriptorsIn(dir: string): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => targetOf(fd).startsWith(dir))
}

function targetOf(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    // The one that listed them.
    return ''
  }
}

test.each([
  ['0700', 0o700],
  ['0755', 0o755],
] as const)('in a directory of mode %s, a released lock is free and nothing of it stays open', (_, mode) => {
  const dir = temporaryDirectory()
  chmodSync(dir, mode)
  const locks = ['notes', 'letters'].map((name) => acquireDataDirLock({ dir, name }))
  expect(descriptorsIn(dir).length).toBeGreaterThanOrEqual(3)
  for (const lock of locks) lock.release()
  expect(descriptorsIn(dir)).toEqual([])
  expect(isFree(join(dir, 'notes.lock'))).toBe(true)
  expect(isFree(dir)).toBe(true)
})

// Every child has them for a moment, until it runs its program. Node.js and Chromium start children in other threads too.
test.each([
  ['0700', 0o700],
  ['0755', 0o755],
] as const)(
  'in a directory of mode %s, a released lock is free although a child has a copy of its descriptors',
  (_, mode) => {
    const dir = temporaryDirectory()
    chmodSync(dir, mode)
    const lock = acquireDataDirLock({ dir })
    const child = spawn('sleep', ['1000'], { stdio: ['ignore', 'ignore', 'ignore', ...descriptorsIn(dir)] })
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    lock.release()
    const paths = [join(dir, 'app.lock'), dir, ...guardPathsOf(dir)]
    expect(paths.filter((path) => !isFree(path))).toEqual([])
  },
)

test.each([
  ['removed', (path: string) => unlinkSync(path)],
  [
    'replaced',
    (path: string) => {
      writeFileSync(`${path}.new`, '')
      renameSync(`${path}.new`, path)
    },
  ],
])('a lock file that was %s between two owners is created and locked again', (_how, harm) => {
  const dir = temporaryDirectory()
  const path = join(dir, 'app.lock')
  acquireDataDirLock({ dir }).release()
  harm(path)
  const lock = acquireDataDirLock({ dir })
  expect(statSync(path).size).toBe(4096)
  expect(isFree(path)).toBe(false)
  lock.release()
})

test('a lock that another process took since its release is refused, and nothing stays open', () => {
  const dir = temporaryDirectory()
  acquireDataDirLock({ dir }).release()
  const script = 'exec 9>"$1"; flock --nonblock 9 && { sleep 1000 >/dev/null 2>&1 & echo $!; }'
  const { stdout } = spawnSync('bash', ['-c', script, 'bash', join(dir, 'app.lock')], { encoding: 'utf8' })
  const survivor = Number(stdout)
  onTestFinished(() => {
    process.kill(survivor, 'SIGKILL')
  })
  expect(() => acquireDataDirLock({ dir })).toThrow(DataDirLockedError)
  expect(descriptorsIn(dir)).toEqual([])
})
