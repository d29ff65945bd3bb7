// @ts-check
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { bundleCode } from '../../scripts/package-code.mjs'
import { bundleApp } from './bundle.mjs'

/**
 * What is started: an app and its packaging. Variants whose times are compared are neighbors, so that a slow moment of the
 * machine affects both. `simple` opens its window after the claim; the others do not wait for the database.
 */
const kinds = /** @type {const} */ ({
  plain: ['plain', 'bundled'],
  installed: ['ours', 'installed'],
  'sqlite-dialect installed': ['sqlite-dialect', 'installed'],
  simple: ['ours', 'installed'],
  bundled: ['ours', 'bundled'],
  'sqlite-dialect bundled': ['sqlite-dialect', 'bundled'],
})

/**
 * @typedef {keyof typeof kinds} Variant
 * @typedef {Record<Variant, string>} Apps the folder of each variant's app
 */

export const variants = /** @type {Variant[]} */ (Object.keys(kinds))

/**
 * @template T
 * @param {(variant: Variant) => T} make
 */
export const byVariant = (make) =>
  /** @type {Record<Variant, T>} */ (Object.fromEntries(variants.map((variant) => [variant, make(variant)])))

/**
 * Bundles an app for each of the variants. `simple` shares the app of `installed`.
 * @param {string} built
 * @param {readonly Variant[]} [wanted]
 * @returns {Promise<{ apps: Apps, remove: () => void }>}
 */
export async function buildApps(built, wanted = variants) {
  const published = join(built, 'published')
  await bundleCode(published)
  /** @type {Partial<Apps>} */
  const apps = {}
  /** @type {Record<string, string>} */
  const folders = {}
  for (const variant of wanted) {
    const [name, packaging] = kinds[variant]
    const key = `${name} ${packaging}`
    folders[key] ??= await bundleApp(name, packaging === 'installed' ? published : undefined)
    apps[variant] = folders[key]
  }
  const remove = () => {
    for (const folder of Object.values(folders)) rmSync(folder, { recursive: true, force: true })
  }
  return { apps: /** @type {Apps} */ (apps), remove }
}
