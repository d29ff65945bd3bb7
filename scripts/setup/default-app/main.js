// @ts-check
// Electron's own default app, or what of it a development run needs: `electron [-r FILE]… APP`.
// Electron waits for this module before `ready`, and so for the app that it imports.
import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { app } from 'electron'

const { preloads, target } = readArguments(process.argv.slice(1))
if (!statSync(target, { throwIfNoEntry: false })) {
  process.stderr.write(`electron: no app at ${target}\n`)
  process.exit(1)
}
const require = createRequire(import.meta.url)
for (const preload of preloads) require(preload)
await import(pathToFileURL(statSync(target).isDirectory() ? becomeApp(target) : target).href)

/** @param {string[]} args */
function readArguments(args) {
  /** @type {string[]} */
  const preloads = []
  for (let arg = args.shift(); arg !== undefined; arg = args.shift()) {
    if (arg === '-r' || arg === '--require') preloads.push(resolve(args.shift() ?? ''))
    else if (!arg.startsWith('-')) return { preloads, target: resolve(arg) }
  }
  return { preloads, target: '(none given)' }
}

/**
 * @param {string} folder
 * @returns {string} the app's main module
 */
function becomeApp(folder) {
  // The setters that Electron keeps for its own default app.
  const self = /** @type {Electron.App & Record<'setVersion' | 'setAppPath', (value: string) => void>} */ (
    app
  )
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  app.name = manifest.productName ?? manifest.name ?? app.name
  if (manifest.version) self.setVersion(manifest.version)
  if (manifest.desktopName) self.setDesktopName(manifest.desktopName)
  app.setPath('userData', join(app.getPath('appData'), app.name))
  self.setAppPath(folder)
  return resolve(folder, manifest.main ?? 'index.js')
}
