// @ts-check
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compilePackage } from '../compile-package.mjs'
import { packageFolder } from '../setup/places.mjs'
import { makeImage } from './image.mjs'

const packages = {
  'fs-ext': ['package.json', 'fs-ext.js', join('build', 'Release', 'fs_ext.node')],
  'better-sqlite3': ['package.json', 'lib', join('build', 'Release'), join('prebuilds', 'linux-x64.node')],
  kysely: ['package.json', 'dist'],
}

/**
 * Makes an image of the compiled package, its dependencies, and the scripts of the guests.
 * @param {string} work a folder for unfinished work
 * @returns {Promise<string>} the image
 */
export async function projectImage(work) {
  const tree = join(work, 'project')
  mkdirSync(tree)
  writeFileSync(join(tree, 'package.json'), '{"type":"module"}')
  cpSync(join(import.meta.dirname, 'guest'), join(tree, 'guest'), { recursive: true })
  await compilePackage(join(tree, 'dist'))
  for (const [name, parts] of Object.entries(packages)) {
    for (const part of parts) {
      const from = join(packageFolder(name), part)
      // better-sqlite3 was built here, or was installed with a build.
      if (existsSync(from))
        cpSync(from, join(tree, 'node_modules', name, part), { recursive: true, dereference: true })
    }
  }
  const image = join(work, 'project.ext4')
  await makeImage(tree, image, 128)
  return image
}
