import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runLockScript } from '../support/lock-script.ts'
import { isFree, startHolder } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const fewFiles = ['sh', '-c', 'ulimit -n 64; exec "$@"', 'sh']

/** A script that can use up every descriptor there is. */
const withHunger = (script: string) => `
  import { closeSync, openSync, statSync, unlinkSync } from 'node:fs'
  import { setTimeout as sleep } from 'node:timers/promises'
  process.stdin.resume()
  const eaten = []
  const eatAll = () => {
    try { for (;;) eaten.push(openSync('/dev/null')) } catch ({ code }) { if (code !== 'EMFILE') throw code }
  }
  const path = dir + '/app.lock'
  ${script}`

test('a directory is not opened without its guard if only the descriptor for it is missing', async () => {
  const dir = temporaryDirectory()
  const { said } = await runLockScript(
    dir,
    withHunger(`
      // Tested once, a lock file needs one descriptor and its guard the other.
      acquireDataDirLock({ dir }).release()
      eatAll()
      closeSync(eaten.pop())
      let said = { code: 'held' }
      try { acquireDataDirLock({ dir }) } catch ({ code, reason, path, message }) { said = { code, reason, path, message } }
      say(said)`),
    fewFiles,
  )
  expect(said).toMatchObject({ code: 'ERR_DATADIR_UNUSABLE', reason: 'failed', path: dir })
  expect(said.message).toContain('EMFILE')
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test('a removed lock file is created again as soon as there is a descriptor for it, and the lock is not lost', async () => {
  const dir = temporaryDirectory()
  const owner = await runLockScript(
    dir,
    withHunger(`
      const lock = acquireDataDirLock({ dir })
      eatAll()
      unlinkSync(path)
      // Three looks later at the least.
      for (let second = 0; second < 5; second++) await sleep(1_000)
      const before = { isLost: lock.lost.aborted, isThere: statSync(path, { throwIfNoEntry: false }) !== undefined }
      for (const fd of eaten) closeSync(fd)
      while (!lock.lost.aborted && !statSync(path, { throwIfNoEntry: false })?.size) await sleep(10)
      say({ before, isLost: lock.lost.aborted })`),
    fewFiles,
  )
  expect(owner.said).toEqual({ before: { isLost: false, isThere: false }, isLost: false })
  expect((await startHolder({ dir })).said).toBe('ERR_DATADIR_LOCKED')
})
