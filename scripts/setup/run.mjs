// @ts-check
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root, userCache } from './places.mjs'

const linesShown = 15

/**
 * Runs a program with its output in a log file. The file is kept, and its end shown, only when it fails.
 * @param {string} name what the log file is called
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeout?: number, shell?: boolean }} [options]
 * @returns {Promise<void>}
 */
export async function run(name, command, args, { cwd = root, env = process.env, timeout, shell } = {}) {
  const logs = join(userCache, 'logs')
  mkdirSync(logs, { recursive: true })
  const log = join(logs, `${name}-${process.pid}.log`)
  const output = openSync(log, 'w')
  try {
    await new Promise((resolve, reject) => {
      const options = { cwd, env, timeout: timeout ?? 0, shell: shell ?? false }
      const child = spawn(command, args, { ...options, stdio: ['ignore', output, output] })
      child.on('error', reject)
      child.on('close', (code, signal) => {
        if (code === 0) resolve(undefined)
        else reject(new Error(child.killed ? `no end after ${timeout} ms` : ended(code, signal)))
      })
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`${[command, ...args].join(' ')}\n${reason}; all of its output: ${log}\n${excerpt(log)}`)
  } finally {
    closeSync(output)
  }
  rmSync(log)
}

/**
 * npm is a shell script on Windows, which only a shell starts.
 * @param {string} name
 * @param {string[]} args
 * @param {string} [cwd]
 */
export const npm = (name, args, cwd) =>
  run(name, 'npm', args, { cwd: cwd ?? root, shell: process.platform === 'win32' })

/** node-gyp takes npm's settings for its own: a `nodedir` among them would win over the headers it is told. */
export const withoutNpmSettings = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !/^npm_(config|package_config)_/i.test(key)),
  )

/**
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 */
const ended = (code, signal) => (signal ? `ended by ${signal}` : `exit code ${code}`)

/**
 * The end of the output; or from where it first speaks of an error, since npm and compilers go on for long.
 * @param {string} log
 */
function excerpt(log) {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
  const error = lines.findIndex((line) => /\berror\b/i.test(line))
  const shown = error === -1 ? lines.slice(-linesShown) : lines.slice(error, error + linesShown)
  return shown.map((line) => `  | ${line}`).join('\n')
}
