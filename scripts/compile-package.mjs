// @ts-check
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { appFolder, packageFolder, root } from './setup/places.mjs'
import { run } from './setup/run.mjs'

/**
 * Compiles the package.
 * @param {string} folder gets `main/api.js` and the rest
 * @param {string[]} [options]
 */
export async function compilePackage(folder, options = []) {
  const compiler = join(packageFolder('typescript'), 'bin', 'tsc')
  const args = ['-p', 'tsconfig.build.json', ...options, '--outDir', folder]
  await run('tsc', process.execPath, [compiler, ...args])
}

/**
 * Compiles the package into a folder of its own, which exists until this process ends. Another process may build dist/ at
 * the same time.
 * @param {string} name
 * @returns {Promise<string>}
 */
export async function compileForRun(name) {
  mkdirSync(appFolder, { recursive: true })
  const folder = mkdtempSync(join(appFolder, `${name}-`))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  await compilePackage(folder)
  return folder
}

/**
 * Runs a program in Electron's Node, with the output of this process, and ends with its exit code.
 * @param {{ electronPath: string, env: Record<string, string> }} runtime
 * @param {string[]} args
 * @param {string[]} [wrapper] a command that starts the program
 */
export function runInElectronsNode({ electronPath, env }, args, wrapper = []) {
  const [command = '', ...rest] = [...wrapper, electronPath, ...args]
  const { status, signal, error } = spawnSync(command, rest, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env, ELECTRON_RUN_AS_NODE: '1' },
  })
  if (error) throw error
  if (signal) throw new Error(`ended by ${signal}`)
  process.exitCode = status ?? 1
}
