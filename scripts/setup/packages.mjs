// @ts-check
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeModules, root } from './places.mjs'
import { npm } from './run.mjs'
import { step } from './step.mjs'

/** @typedef {Record<string, { version?: string, integrity?: string, optional?: boolean }>} Locked */

/** Installs node_modules according to package-lock.json, without the install scripts of the packages. */
export async function installPackages() {
  if (isInstalled()) return
  const about = {
    name: 'packages',
    doing: 'npm ci',
    next: 'check that npm reaches its registry (npm ping), then run this again',
  }
  // Install scripts would compile fs-ext for Node, and this package runs in Electron.
  await step(about, () => npm('packages', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']))
}

/**
 * npm writes node_modules/.package-lock.json last, so an interrupted install has none.
 * Optional packages are left out: most are for other platforms.
 */
function isInstalled() {
  try {
    const wanted = lockedPackages(join(root, 'package-lock.json'))
    const installed = lockedPackages(join(nodeModules, '.package-lock.json'))
    return Object.entries(wanted).every(
      ([path, { version, integrity, optional }]) =>
        path === '' ||
        optional ||
        (installed[path]?.version === version && installed[path]?.integrity === integrity),
    )
  } catch {
    return false
  }
}

/**
 * @param {string} file
 * @returns {Locked}
 */
const lockedPackages = (file) => JSON.parse(readFileSync(file, 'utf8')).packages
