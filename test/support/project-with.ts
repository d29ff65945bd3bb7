import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { temporaryDirectory } from './temporary-directory.ts'

const root = resolve(import.meta.dirname, '../..')

/** A project that has this package, as compiled for tests, and of the packages that it needs only those named. */
export function projectWith(packages: readonly string[]): string {
  const project = temporaryDirectory()
  const own = join(project, 'node_modules', 'electron-datadir')
  cpSync(join(root, 'dist'), join(own, 'dist'), { recursive: true })
  cpSync(join(root, 'package.json'), join(own, 'package.json'))
  for (const name of packages) {
    const link = join(project, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), link)
  }
  return project
}

/** Installs a better-sqlite3 12 without its binary. It is a fork of version 12 with the same JavaScript. */
export function addUncompiledVersion12(project: string): void {
  const fork = join(root, 'node_modules', 'better-sqlite3-multiple-ciphers')
  const modules = join(project, 'node_modules')
  for (const part of ['lib', 'package.json'])
    cpSync(join(fork, part), join(modules, 'better-sqlite3', part), { recursive: true })
  for (const name of ['bindings', 'file-uri-to-path'])
    symlinkSync(join(root, 'node_modules', name), join(modules, name))
}
