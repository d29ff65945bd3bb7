// @ts-check
// From a bare clone to a machine that can start, test and package: node scripts/setup.mjs. `npm start` and
// `npm test` call it first. Node's own modules only, since it is what installs all others.
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { electronRuntime } from './setup/electron-runtime.mjs'
import { buildNativeModules } from './setup/native-modules.mjs'
import { oneAtATime } from './setup/one-at-a-time.mjs'
import { installPackages } from './setup/packages.mjs'
import { fail } from './setup/step.mjs'
import { installSystemLibraries } from './setup/system-libraries.mjs'

/** @typedef {import('./setup/electron-runtime.mjs').ElectronRuntime} ElectronRuntime */

/**
 * Does what is not done yet; a second or less when all is.
 * @param {import('./setup/system-libraries.mjs').Wanted} wanted
 * @returns {Promise<ElectronRuntime & { env: Record<string, string> }>} with what its children need to know
 */
export function setup(wanted) {
  return oneAtATime(async () => {
    await installPackages()
    await installSystemLibraries(wanted)
    const runtime = await electronRuntime()
    await buildNativeModules(runtime, wanted)
    return { ...runtime, env: environmentFor(runtime) }
  })
}

/**
 * @param {ElectronRuntime} runtime
 * @returns {Record<string, string>}
 */
function environmentFor({ source, version, distDir, electronPath }) {
  return {
    // electron-vite starts this one, and compiles for what it understands.
    ELECTRON_EXEC_PATH: electronPath,
    ELECTRON_MAJOR_VER: version.split('.', 1)[0] ?? '',
    // What require('electron') answers, and so what Playwright starts.
    ...(source === 'fallback' && { ELECTRON_OVERRIDE_DIST_PATH: distDir }),
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) await setup({ virtualDisplay: true }).catch(fail)
