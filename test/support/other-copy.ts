import { cpSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { temporaryDirectory } from './temporary-directory.ts'

type LockModule = typeof import('../../src/main/lock/data-dir-lock.ts')

/** Loads a copy of the built package of its own, as a second bundle in one process has it. */
export function loadAnotherCopy(): Promise<LockModule> {
  const root = resolve(import.meta.dirname, '../..')
  const place = temporaryDirectory()
  cpSync(join(root, 'dist'), join(place, 'dist'), { recursive: true, filter: (file) => !file.endsWith('.map') })
  cpSync(join(root, 'package.json'), join(place, 'package.json'))
  symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'))
  return import(pathToFileURL(join(place, 'dist/main/lock/data-dir-lock.js')).href)
}
