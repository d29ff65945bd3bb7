// @ts-check
import { once } from 'node:events'
import { waitFor } from '../../scripts/desktop/wait-for.mjs'
import { inTurn } from './first-launches.mjs'
import { kill, said } from './start.mjs'

/** @typedef {import('./start.mjs').Start} Start */

/**
 * From spawn to exit, while an owner runs.
 * @param {Start} start
 * @param {number} rounds
 */
export async function timeSecondLaunches(start, rounds) {
  // A second launch opens no window, so `simple` would be the same as `installed`.
  const names = /** @type {const} */ (['plain', 'installed', 'bundled'])
  /** @type {Record<(typeof names)[number], number[]>} */
  const times = { plain: [], installed: [], bundled: [] }
  const owners = names.map((name) => start(name, 'second').child)
  try {
    await Promise.all(owners.map((owner) => said(owner, 'painted', 'answered')))
    for (let round = 0; round <= rounds; round++) {
      for (const name of inTurn(names, round)) {
        const { child, started } = start(name, 'second')
        const [code] = await once(child, 'exit')
        if (code !== 0) throw new Error(`a second launch of ${name} ended with ${code}`)
        if (round > 0) times[name].push(performance.now() - started)
      }
    }
    return times
  } finally {
    for (const owner of owners) await kill(owner)
  }
}

/**
 * From spawn to the dialog as the window manager sees it.
 * @param {Start} start
 * @param {Record<string, string>} env
 * @param {number} rounds
 */
export async function timeDialogs(start, env, rounds) {
  Object.assign(process.env, env)
  const { listWindows } = await import('../../scripts/desktop/windows.mjs')
  /** @param {number | undefined} pid */
  const hasWindow = (pid) => listWindows().some((window) => window.pid === pid)
  const owner = start('installed', 'dialog').child
  const times = []
  try {
    await said(owner, 'painted', 'answered')
    for (let round = 0; round < rounds; round++) {
      const { child, started } = start('installed', 'dialog', { LAUNCH_ON_HELD: 'dialog' })
      await waitFor('the dialog', () => hasWindow(child.pid) || undefined)
      times.push(performance.now() - started)
      await kill(child)
    }
    return times
  } finally {
    await kill(owner)
  }
}
