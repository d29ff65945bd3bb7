// @ts-check
// npm run package: the app as a user gets it, in release/, from the Electron that the set-up found.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { argv, execPath, platform } from 'node:process'
import { fileURLToPath } from 'node:url'
import { buildApp } from './build-app.mjs'
import { writeDesktopEntry } from './package/desktop-entry.mjs'
import { packageFolder, root } from './setup/places.mjs'
import { run } from './setup/run.mjs'
import { fail, say, step } from './setup/step.mjs'
import { setup } from './setup.mjs'

/**
 * Packages what is in out/.
 * @param {import('./setup/electron-runtime.mjs').ElectronRuntime} runtime
 * @returns {Promise<string>} the packaged app's executable
 */
export async function packageApp({ distDir, version }) {
  const about = {
    name: 'package',
    doing: `electron-builder with Electron ${version}`,
    next: 'see what electron-builder says above; electron-builder.yml is what it was told',
  }
  const args = ['--dir', '--publish', 'never', `-c.electronDist=${distDir}`, `-c.electronVersion=${version}`]
  const cli = join(packageFolder('electron-builder'), 'cli.js')
  await step(about, () => run('electron-builder', execPath, [cli, ...args]))
  const folder = join(root, 'release', unpackedFolder())
  if (platform === 'linux') writeDesktopEntry(folder)
  return join(folder, executable())
}

function unpackedFolder() {
  const wanted = platform === 'darwin' ? 'mac' : platform === 'win32' ? 'win' : 'linux'
  return readdirSync(join(root, 'release')).find((name) => name.startsWith(wanted)) ?? ''
}

function executable() {
  if (platform === 'darwin') return join('Notes.app', 'Contents', 'MacOS', 'Notes')
  return platform === 'win32' ? 'Notes.exe' : 'notes'
}

async function packageForUsers() {
  const runtime = await setup({ virtualDisplay: false })
  await buildApp(runtime.env)
  say(`package: ${await packageApp(runtime)}`)
}

if (argv[1] === fileURLToPath(import.meta.url)) await packageForUsers().catch(fail)
