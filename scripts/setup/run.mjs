// @ts-check
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root, userCache } from './places.mjs'

const linesShown = 15

// Two programs of the same name may run at the same time.
let runs = 0

/**
 * Runs a program with its output in a log file. If the program fails, the file is kept and its end is shown.
 * @param {string} name the name of the log file
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeout?: number, shell?: boolean }} [options]
 * @returns {Promise<void>}
 */
export async function run(name, command, args, { cwd = root, env = process.env, timeout, shell } = {}) {
  const logs = join(userCache, 'logs')
  mkdirSync(logs, { recursive: true })
  runs++
  const log = join(logs, `${name}-${process.pid}-${runs}.log`)
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
    throw new Error(`${[command, ...args].join(' ')}\n${reason}; the whole output: ${log}\n${excerpt(log)}`)
  } finally {
    closeSync(output)
  }
  rmSync(log)
}

/**
 * Runs npm. On Windows, npm is a script that only a shell can start.
 * @param {string} name
 * @param {string[]} args
 * @param {string} [cwd]
 */
export const npm = (name, args, cwd) =>
  run(name, 'npm', args, { cwd: cwd ?? root, shell: process.platform === 'win32' })

/** node-gyp also reads npm's settings. A `nodedir` in them would replace the headers that it gets as an option. */
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
 * Returns the end of the output, or the part from its first error, because npm and compilers print much after that.
 * @param {string} log
 */
function excerpt(log) {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
  const error = lines.findIndex((line) => /\berror\b/i.test(line))
  const shown = error === -1 ? lines.slice(-linesShown) : lines.slice(error, error + linesShown)
  return shown.map((line) => `  | ${line}`).join('\n')
}
