import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const dist = resolve(import.meta.dirname, '../../dist/main')
const node = pathToFileURL(resolve(dist, 'node.js')).href

const inWorker = `
  const { parentPort, workerData: { url, dir } } = require('node:worker_threads')
  import(url).then(async (node) => {
    const codes = {}
    for (const [name, run] of Object.entries({
      acquireDataDirLock: () => node.acquireDataDirLock({ dir }),
      claim: () => node.claim({ dir, onLaunch: () => undefined }),
      connect: () => node.connect({ dir }),
      waitForRelease: () => node.waitForRelease(dir, { timeout: 0 }),
      withDataDirLock: () => node.withDataDirLock(dir, () => undefined),
      readOwner: () => node.readOwner(dir)?.pid,
    })) {
      try { codes[name] = await run() } catch (error) { codes[name] = error.code }
    }
    parentPort.postMessage(codes)
  })`

/** Runs two worker threads, one after the other, in a process whose main thread does something first. */
function sayInTwoWorkers(dir: string, first: string) {
  const script = `
    import { once } from 'node:events'
    import { Worker } from 'node:worker_threads'
    import * as node from ${JSON.stringify(node)}
    const dir = ${JSON.stringify(dir)}
    ${first}
    const said = []
    for (const turn of [1, 2]) {
      const workerData = { url: ${JSON.stringify(node)}, dir }
      const worker = new Worker(${JSON.stringify(inWorker)}, { eval: true, workerData, execArgv: [] })
      said.push((await once(worker, 'message'))[0])
      await worker.terminate()
    }
    console.log(JSON.stringify({ pid: process.pid, said }))`
  const { status, signal, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  })
  expect({ status, signal }).toEqual({ status: 0, signal: null })
  return JSON.parse(stdout) as { pid: number; said: Record<string, unknown>[] }
}

test.each([
  ['holds the lock', 'node.acquireDataDirLock({ dir })', true],
  ['has released it', 'node.acquireDataDirLock({ dir }).release()', false],
  ['never took it', '', false],
])(
  'a worker thread gets a typed error if the main thread %s, and the process lives on',
  (_, first, isHeld) => {
    const { pid, said } = sayInTwoWorkers(temporaryDirectory(), first)
    const code = 'ERR_DATADIR_WORKER_THREAD'
    const expected = {
      acquireDataDirLock: code,
      claim: code,
      connect: code,
      waitForRelease: code,
      withDataDirLock: code,
      ...(isHeld && { readOwner: pid }),
    }
    expect(said).toEqual([expected, expected])
  },
)

/** A built module and all that it imports, at once or later. */
function importedBy(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/(?:from |import\(|import )'(\.[^']+)'/g))
    importedBy(resolve(dirname(file), path), seen)
  return seen
}

test('no thread of this package imports what loads fs-ext', () => {
  const flock = resolve(dist, 'platform/flock.js')
  expect(importedBy(resolve(dist, 'node.js'))).toContain(flock)
  for (const thread of [
    'handoff/owner/handoff-thread',
    'electron/held/hand-over-thread',
    'sqlite/thread/sqlite-thread',
  ])
    expect(importedBy(resolve(dist, `${thread}.js`)), thread).not.toContain(flock)
})
