// @ts-check
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

const prefix = '.work-'
const hour = 3_600_000

/**
 * Gives unfinished work a folder of its own. The result is renamed into its place when it is complete.
 * @template T
 * @param {string} parent on the filesystem where the result goes
 * @param {(folder: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function inWorkFolder(parent, work) {
  mkdirSync(parent, { recursive: true })
  removeLeftovers(parent)
  const folder = mkdtempSync(join(parent, prefix))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Removes the folders of killed set-ups. A folder that is not old may belong to the set-up of another clone.
 * @param {string} parent
 */
function removeLeftovers(parent) {
  for (const name of readdirSync(parent)) {
    const folder = join(parent, name)
    if (name.startsWith(prefix) && Date.now() - statSync(folder).mtimeMs > hour) {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
