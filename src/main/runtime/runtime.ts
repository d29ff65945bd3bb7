import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { attempt } from '../../shared/attempt.ts'
import { packageManagerOf } from './package-manager.ts'

/** The native modules that this package needs. */
export type NativeModule = 'fs-ext' | 'better-sqlite3'

/** Why a native module cannot be used. */
export type NativeFailure = 'not-installed' | 'not-built' | 'wrong-runtime' | 'crashes' | 'failed'

/** The runtime that a native module must be compiled for. */
export interface Runtime {
  /** In words: `Electron 33.2.1` or `Node.js 20.20.2`. */
  readonly title: string
  readonly isElectron: boolean
  /** `process.versions.modules`: a NAN module is compiled for one. */
  readonly moduleAbi: number
  /** `process.versions.napi`: a Node-API module works with this version and later ones. */
  readonly napi: number
}

/** Returns the runtime of this process. */
export function thisRuntime({ electron, node, modules, napi } = process.versions): Runtime {
  return {
    title: electron ? `Electron ${electron}` : `Node.js ${node}`,
    isElectron: Boolean(electron),
    moduleAbi: Number(modules),
    napi: Number(napi),
  }
}

// The prebuilt binaries of better-sqlite3 13 require it.
export const betterSqlite3Napi = 10

/**
 * Returns the command that makes a native module work in a runtime.
 *
 * @param dir the project's folder, in which the command is to be run
 * @returns undefined if no command does. {@link neededRuntime} then says what does.
 */
export function repairCommand(
  module: string,
  failure: NativeFailure,
  runtime: Runtime,
  dir: string = workingDirectory(),
): string | undefined {
  const manager = packageManagerOf(dir)
  if (failure === 'not-installed') return `${manager.add} ${module}`
  if (isTooOld(module, failure, runtime)) return undefined
  if (runtime.isElectron) return `${manager.run} @electron/rebuild --force --only ${module}`
  // Not `npm rebuild`, or the same command of pnpm or Yarn: they skip the scripts of dependencies, and report success.
  return `${manager.run} node-gyp rebuild --directory ${folderOf(module, dir)}`
}

/** Returns the version of the runtime that a native module needs, in words. */
export function neededRuntime({ isElectron }: Runtime): string {
  return isElectron ? 'Electron 35 or later' : 'Node.js 22.14 or later'
}

/** Only a prebuilt binary of version 13 crashes. Version 12 does not use Node-API, and is compiled for each runtime. */
function isTooOld(module: string, failure: NativeFailure, runtime: Runtime): boolean {
  return module === 'better-sqlite3' && failure === 'crashes' && runtime.napi < betterSqlite3Napi
}

function folderOf(module: string, dir: string): string {
  const usual = `node_modules/${module}`
  if (existsSync(join(dir, usual))) return usual
  // pnpm keeps the dependencies of a dependency in another folder.
  const { resolve } = createRequire(import.meta.url)
  const path = attempt(() => relative(dir, dirname(resolve(`${module}/package.json`)))) ?? usual
  return path.includes(' ') ? `"${path}"` : path
}

/** The working directory may have been removed. */
function workingDirectory(): string {
  return attempt(() => process.cwd()) ?? '/'
}
