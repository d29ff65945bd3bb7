// @ts-check
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { appFolder, nodeModules, root } from './setup/places.mjs'
import { run } from './setup/run.mjs'

/**
 * Builds the reference app into out/.
 * @param {Record<string, string>} env from the set-up
 */
export async function buildApp(env) {
  const viteCommand = join(nodeModules, 'electron-vite', 'bin', 'electron-vite.js')
  await run('build', process.execPath, [viteCommand, 'build'], { env: { ...process.env, ...env } })
  describeApp()
}

/** What Electron starts is a folder whose package.json names the app; the one at the root is the package's. */
function describeApp() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const app = { name: 'notes', version, type: 'module', main: 'main/index.js' }
  writeFileSync(join(appFolder, 'package.json'), `${JSON.stringify(app, undefined, 2)}\n`)
}
