// @ts-check
import { join } from 'node:path'
import { nodeModules } from './setup/places.mjs'
import { run } from './setup/run.mjs'

/**
 * Builds the reference app into out/.
 * @param {Record<string, string>} env from the set-up
 */
export function buildApp(env) {
  const viteCommand = join(nodeModules, 'electron-vite', 'bin', 'electron-vite.js')
  return run('build', process.execPath, [viteCommand, 'build'], { env: { ...process.env, ...env } })
}
