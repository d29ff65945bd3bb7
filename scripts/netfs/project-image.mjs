// @ts-check
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolder } from '../setup/places.mjs'
import { run } from '../setup/run.mjs'
import { makeImage } from './image.mjs'

const packages = {
  'fs-ext': ['package.json', 'fs-ext.js', join('build', 'Release', 'fs_ext.node')],
  'better-sqlite3': ['package.json', 'lib', join('build', 'Release'), join('prebuilds', 'linux-x64.node')],
  kysely: ['package.json', 'dist'],
}

/**
 * The package as it is now, what it depends on, and what the guests run.
 * @param {string} work a folder for unfinished work
 * @returns {Promise<string>} the image
 */
export async function projectImage(work) {
  const tree = join(work, 'project')
  mkdirSync(tree)
  writeFileSync(join(tree, 'package.json'), '{"type":"module"}')
  cpSync(join(import.meta.dirname, 'guest'), join(tree, 'guest'), { recursive: true })
  const compiler = join(packageFolder('typescript'), 'bin', 'tsc')
  const compile = [compiler, '-p', 'tsconfig.build.json', '--outDir', join(tree, 'dist')]
  await run('tsc', process.execPath, compile)
  for (const [name, parts] of Object.entries(packages)) {
    for (const part of parts) {
      const from = join(packageFolder(name), part)
      // better-sqlite3 is built here, or comes built.
      if (existsSync(from))
        cpSync(from, join(tree, 'node_modules', name, part), { recursive: true, dereference: true })
    }
  }
  const image = join(work, 'project.ext4')
  await makeImage(tree, image, 128)
  return image
}
