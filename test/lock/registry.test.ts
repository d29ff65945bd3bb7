import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { AlreadyOpenError } from '../../src/main/lock/errors.ts'
import { loadAnotherCopy } from '../support/other-copy.ts'
import { isFree, startHolder } from '../support/processes.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

test('two copies of the package in one process share one lock', async () => {
  const dir = temporaryDirectory()
  const [one, two] = await Promise.all([loadAnotherCopy(), loadAnotherCopy()])
  expect(one.acquireDataDirLock).not.toBe(two.acquireDataDirLock)
  const first = one.acquireDataDirLock({ dir })
  const second = two.acquireDataDirLock({ dir })
  expect(second.heldSince).toBe(first.heldSince)
  first.release()
  expect(isFree(join(dir, 'app.lock'))).toBe(false)
  second.release()
  expect(isFree(join(dir, 'app.lock'))).toBe(true)
})

test('two copies of the package share the guard of a directory with two names', async () => {
  const dir = temporaryDirectory()
  const [one, two] = await Promise.all([loadAnotherCopy(), loadAnotherCopy()])
  const first = one.acquireDataDirLock({ dir, name: 'one' })
  const second = two.acquireDataDirLock({ dir, name: 'two' })
  first.release()
  expect(isFree(dir)).toBe(false)
  expect((await startHolder({ dir, name: 'one' })).said).toBe('ERR_DATADIR_LOCKED')
  second.release()
  expect(isFree(dir)).toBe(true)
})

test('a worker thread is told that its own process has the directory, and may have another', async () => {
  const [dir, other] = [temporaryDirectory(), temporaryDirectory()]
  const lock = (await loadAnotherCopy()).acquireDataDirLock({ dir })
  const url = new URL('../../dist/main/lock/data-dir-lock.js', import.meta.url).href
  const worker = new Worker(
    `import(${JSON.stringify(url)}).then(({ acquireDataDirLock }) => {
       const said = ${JSON.stringify([dir, other])}.map((dir) => {
         try { acquireDataDirLock({ dir }).release(); return 'held' } catch (error) { return error.code }
       })
       require('node:worker_threads').parentPort.postMessage(said)
     })`,
    { eval: true },
  )
  const said = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  expect(said).toEqual([new AlreadyOpenError(dir).code, 'held'])
  lock.release()
})
