// @ts-check
import { spawn } from 'node:child_process'

/**
 * @typedef {object} RunningApp
 * @property {number} pid
 * @property {() => string} stderr all it has written there so far
 * @property {Promise<number | NodeJS.Signals>} ended its exit code, or the signal that ended it
 * @property {(signal?: NodeJS.Signals) => void} kill
 */

/** Chromium's sandbox refuses to run as root (crbug.com/638180); its switch has no place in the app itself. */
export const switches = process.getuid?.() === 0 ? ['--no-sandbox'] : []

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/**
 * Starts a program that opens windows, and does not let it outlive this process.
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @param {(text: string) => void} [onOutput] gets what the program writes to stdout
 * @returns {RunningApp}
 */
export function startApp(command, args, env = process.env, onOutput = () => undefined) {
  const child = spawn(command, [...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.setEncoding('utf8').on('data', onOutput)
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  running.add(child)
  const ended = new Promise((resolve, reject) => {
    child.once('close', (code, signal) => resolve(code ?? signal))
    // There is no such program, or it cannot be run. Of one that runs: a signal that came too late for it.
    child.on('error', (error) => child.pid === undefined && reject(error))
  }).finally(() => running.delete(child))
  return { pid: child.pid ?? 0, stderr: () => stderr, ended, kill: (signal) => void child.kill(signal) }
}
