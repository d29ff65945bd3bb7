// @ts-check
// An app that takes both locks at once and says how long each took, in milliseconds.
import { join } from 'node:path'
import { env } from 'node:process'
import { pathToFileURL } from 'node:url'
import { app } from 'electron'

const dir = env.BENCH_DIR ?? ''
app.setPath('userData', join(dir, 'user-data'))
const { acquireDataDirLock } = await import(
  pathToFileURL(join(env.BENCH_BUILT ?? '', 'main/lock/data-dir-lock.js')).href
)

function takeLock() {
  try {
    acquireDataDirLock({ dir: join(dir, 'user-data'), app: 'Bench' })
    return true
  } catch (error) {
    if (/** @type {{ code?: string }} */ (error).code === 'ERR_DATADIR_LOCKED') return false
    throw error
  }
}

const takers = { lock: takeLock, singleInstanceLock: () => app.requestSingleInstanceLock() }
/** @type {Record<string, { taken: boolean, milliseconds: number }>} */
const results = {}
const names = /** @type {(keyof typeof takers)[]} */ (Object.keys(takers))
// Each goes first in every second launch.
for (const name of Number(env.BENCH_LAUNCH) % 2 === 0 ? names : names.toReversed()) {
  const started = performance.now()
  const taken = takers[name]()
  results[name] = { taken, milliseconds: performance.now() - started }
}
const { lock, singleInstanceLock } = results
if (lock?.taken !== singleInstanceLock?.taken) throw new Error('one lock was taken and the other was not')
process.stdout.write(
  `${JSON.stringify({
    owner: lock?.taken,
    lock: lock?.milliseconds,
    singleInstanceLock: singleInstanceLock?.milliseconds,
  })}\n`,
)
