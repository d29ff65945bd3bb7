// @ts-check
import { spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { join } from 'node:path'
import { switches } from '../../scripts/desktop/start-app.mjs'

/**
 * @typedef {import('node:child_process').ChildProcess} Child
 * @typedef {import('./variants.mjs').Variant} Variant
 * @typedef {(variant: Variant, place: string, more?: Record<string, string>) => { child: Child, started: number }} Start
 */

/**
 * @param {{ electronPath: string, env: Record<string, string>, apps: import('./variants.mjs').Apps, folder: string }} where
 * @returns {Start} starts an app. Each variant has its own profile in a place, with its data.
 */
export const starter =
  ({ electronPath, env, apps, folder }) =>
  (variant, place, more = {}) => {
    const child = spawn(electronPath, [...switches, apps[variant]], {
      stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
      env: {
        ...process.env,
        ...env,
        LAUNCH_PROFILE: join(folder, place, variant),
        LAUNCH_PATTERN: variant,
        ...more,
      },
    })
    return { child, started: performance.now() }
  }

/**
 * Returns when an app printed each of these lines.
 * @template {string} Line
 * @param {Child} child
 * @param {...Line} lines
 * @returns {Promise<Record<Line, number>>}
 */
export async function said(child, ...lines) {
  if (!child.stdout) throw new Error('no stdout')
  /** @type {Record<string, number>} */
  const times = {}
  const signal = AbortSignal.timeout(30_000)
  for await (const [data] of on(child.stdout, 'data', { signal, close: ['close'] })) {
    for (const line of String(data).trim().split('\n')) times[line] = performance.now()
    if (lines.every((line) => line in times)) return times
  }
  throw new Error(`the app ended and did not print all of ${lines.join(', ')}`)
}

/**
 * Ends an app as its user does. It closes its database, so the next launch has no log to recover.
 * @param {Child} child
 */
export async function quit(child) {
  const ended = once(child, 'exit')
  child.send('quit')
  const [code, signal] = await ended
  if (code !== 0) throw new Error(`an app quit with ${signal ?? code}`)
}

/** @param {Child} child */
export async function kill(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
