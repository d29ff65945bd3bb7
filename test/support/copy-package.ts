import { cpSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { temporaryDirectory } from './temporary-directory.ts'

/**
 * Copies the built package, as a second bundle in one process has it.
 *
 * @returns the URL of the copy's `data-dir-lock.js`.
 */
export function copyPackage(): string {
  const root = resolve(import.meta.dirname, '../..')
  const place = temporaryDirectory()
  cpSync(join(root, 'dist'), join(place, 'dist'), { recursive: true })
  cpSync(join(root, 'package.json'), join(place, 'package.json'))
  symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'))
  return pathToFileURL(join(place, 'dist/main/lock/data-dir-lock.js')).href
}
