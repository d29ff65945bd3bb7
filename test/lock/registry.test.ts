import { expect, test } from 'vitest'
import { copyPackage } from '../support/copy-package.ts'
import { runLockScript } from '../support/lock-script.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Runs a script in which `one` and `two` are two copies of the package in one process. */
async function sayWithTwoCopies(dir: string, script: string) {
  const { said } = await runLockScript(
    dir,
    `import { spawnSync } from 'node:child_process'
     import * as one from ${JSON.stringify(copyPackage())}
     import * as two from ${JSON.stringify(copyPackage())}
     const isFree = (path) => spawnSync('flock', ['--nonblock', path, 'true']).status === 0
     ${script}`,
  )
  return said
}

test('two copies of the package in one process share one lock', async () => {
  const said = await sayWithTwoCopies(
    temporaryDirectory(),
    `const first = one.acquireDataDirLock({ dir }), second = two.acquireDataDirLock({ dir })
     const areTwo = one.acquireDataDirLock !== two.acquireDataDirLock
     const isShared = first.heldSince === second.heldSince
     first.release()
     const afterFirst = isFree(dir + '/app.lock')
     second.release()
     say({ areTwo, isShared, afterFirst, afterSecond: isFree(dir + '/app.lock') })`,
  )
  expect(said).toEqual({ areTwo: true, isShared: true, afterFirst: false, afterSecond: true })
})

test('two copies of the package share the guard of a directory with two names', async () => {
  const said = await sayWithTwoCopies(
    temporaryDirectory(),
    `const first = one.acquireDataDirLock({ dir, name: 'one' })
     const second = two.acquireDataDirLock({ dir, name: 'two' })
     first.release()
     const afterFirst = { guard: isFree(dir), one: isFree(dir + '/one.lock'), two: isFree(dir + '/two.lock') }
     second.release()
     say({ afterFirst, afterSecond: isFree(dir) })`,
  )
  expect(said).toEqual({ afterFirst: { guard: false, one: true, two: false }, afterSecond: true })
})
