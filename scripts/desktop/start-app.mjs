// @ts-check
import { spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * @typedef {object} RunningApp
 * @property {number} pid
 * @property {() => string} stderr all it has written there so far
 * @property {Promise<number | NodeJS.Signals>} ended its exit code, or the signal that ended it
 * @property {(signal?: NodeJS.Signals) => void} kill
 */

/** Chromium's sandbox refuses to run as root (crbug.com/638180); its switch has no place in the app itself. */
export const switches = process.getuid?.() === 0 ? ['--no-sandbox'] : []

/**
 * Starts a program that opens windows.
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {RunningApp}
 */
export function startApp(command, args, env = process.env) {
  const child = spawn(command, [...args], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  const stop = () => {
    child.kill('SIGKILL')
  }
  process.once('exit', stop)
  const ended = once(child, 'close').then(([code, signal]) => {
    process.off('exit', stop)
    return code ?? signal
  })
  return { pid: child.pid ?? 0, stderr: () => stderr, ended, kill: (signal) => void child.kill(signal) }
}
