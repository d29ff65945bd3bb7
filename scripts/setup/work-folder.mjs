// @ts-check
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

const prefix = '.work-'
const hour = 3_600_000

/**
 * Unfinished work has a folder of its own, and what comes of it is renamed into its place when it is whole.
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
 * A killed set-up leaves its folder behind; a young one may belong to another clone's set-up.
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
