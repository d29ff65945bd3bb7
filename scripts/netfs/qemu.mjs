// @ts-check
import { spawnSync } from 'node:child_process'
import { SetupError } from '../setup/step.mjs'
import { aptInstall } from '../setup/system-libraries.mjs'
import { hasDebianKernel } from './debian-packages.mjs'

/** What runs on this computer, by Debian's names. */
const tools = { 'qemu-system-x86_64': 'qemu-system-x86', mke2fs: 'e2fsprogs', setpriv: 'util-linux' }

/**
 * Installs what the two hosts need on this computer, where that is possible.
 * @returns {Promise<string | undefined>} why there can be no hosts
 */
export async function installQemu() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'it needs Linux on x64'
  if (spawnSync('apt-get', ['--version']).error) return 'it needs Debian: there is no apt-get'
  const missing = Object.entries(tools)
    .filter(([tool]) => spawnSync(tool, ['--version']).error)
    .map(([, name]) => name)
  if (missing.length > 0) {
    if (process.getuid?.() !== 0)
      return `run: sudo apt-get install --no-install-recommends ${missing.join(' ')}`
    try {
      await aptInstall(missing)
    } catch (error) {
      if (error instanceof SetupError) return error.message
      throw error
    }
  }
  return hasDebianKernel() ? undefined : 'it needs Debian’s kernel: apt has no linux-image-amd64'
}
