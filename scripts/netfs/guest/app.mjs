// @ts-check
// An app that owns a data directory, or receives the reason why it cannot: `app.mjs DIR OUTPUT [second]`. It writes one row after
// another until SIGTERM, and each event into OUTPUT, a line of JSON each. The second app waits for SIGUSR2 before it tries,
// and if it is refused, for another one before it removes the lock file and tries again.
import { once } from 'node:events'
import { appendFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

// In the guest's /project, not in the repository.
const built = '../dist/main/node.js'
const { claim } = await import(built)

const [, , dir = '', output = '', isSecond] = process.argv
const pauseMs = 50
const tickMs = 100

/** @param {{ event: string } & Record<string, unknown>} fact */
const say = (fact) => appendFileSync(output, `${JSON.stringify(fact)}\n`)

/** @param {unknown} error */
const told = (error) => {
  const { code, message } = /** @type {Error & { code?: string }} */ (error)
  return { code: code ?? 'none', message }
}

let isAsked = false
process.on('SIGTERM', () => {
  isAsked = true
})

let lastTick = performance.now()
let longestGap = 0
setInterval(() => {
  longestGap = Math.max(longestGap, performance.now() - lastTick - tickMs)
  lastTick = performance.now()
}, tickMs)

/** @type {import('../../../src/main/node.ts').Migrations} */
const migrations = {
  '001-rows': {
    up: (db) => db.schema.createTable('line').addColumn('app', 'text').addColumn('n', 'integer').execute(),
  },
}

/** @typedef {import('../app.mjs').Try} Try */

/**
 * @param {Try} attempt
 * @param {'warn' | 'refuse'} [filesystem]
 * @returns {Promise<import('../../../src/main/node.ts').Claim<any> | undefined>}
 */
async function attemptTo(attempt, filesystem = 'warn') {
  try {
    return await claim({
      ...{ dir, filesystem, migrations, name: 'notes' },
      onOwned: async () => say({ event: 'owned', attempt }),
      onLaunch: async () => 'in-background',
      onWarning: (/** @type {import('../../../src/main/node.ts').DataDirWarning} */ { code, message }) =>
        say({ event: 'warning', code, message }),
    })
  } catch (error) {
    say({ event: 'refused', attempt, ...told(error) })
    return undefined
  }
}

/** @returns the claim, once it is made */
async function claimSooner() {
  if (!isSecond) return attemptTo('plain')
  say({ event: 'ready' })
  await once(process, 'SIGUSR2')
  await (await attemptTo('strict', 'refuse'))?.close()
  const claimed = await attemptTo('plain')
  if (claimed) return claimed
  say({ event: 'ready-to-steal' })
  // Stays until it is asked for this, or told to end.
  await Promise.race([once(process, 'SIGUSR2'), once(process, 'SIGTERM')])
  if (isAsked) return undefined
  rmSync(join(dir, 'notes.lock'))
  say({ event: 'removed' })
  return attemptTo('steal')
}

const claimed = await claimSooner()
if (claimed) {
  say({ event: 'opened' })
  const { lost } = claimed
  lost?.addEventListener('abort', () => say({ event: 'lost', ...told(lost.reason) }))
  lastTick = performance.now()
  longestGap = 0
  await writeRows(claimed.pool)
  say({ event: 'closing', longestGap: Math.round(longestGap) })
  await claimed.close()
}
say({ event: 'closed' })
process.exit()

/** @param {import('../../../src/main/node.ts').Pool<any>} pool */
async function writeRows({ db }) {
  let failed = false
  for (let n = 1; !isAsked; ) {
    try {
      await db.insertInto('line').values({ app: output, n }).execute()
      say({ event: 'acknowledged', n })
      n++
      failed = false
    } catch (error) {
      if (!failed) say({ event: 'write-failed', ...told(error) })
      failed = true
    }
    await sleep(pauseMs)
  }
}
