import { createRequire } from 'node:module'
import { NativeModuleError } from './errors.ts'

// The name is not `require`, because bundlers add a function of that name.
const requireHere = createRequire(import.meta.url)

/**
 * Loads a native module by its name or path. It is loaded when it is first needed and not when this package is imported, so that a caller can
 * catch the error, and a program that only prints help texts needs no module.
 *
 * @throws {NativeModuleError} with the command that repairs it.
 */
export function loadNative<Module>(name: string): Module {
  try {
    return requireHere(name)
  } catch (error) {
    throw new NativeModuleError(name, failureOf(error as NodeJS.ErrnoException, name), error)
  }
}

/** Why a native module was not loaded. */
export function failureOf({ code, message }: NodeJS.ErrnoException, name: string) {
  if (code === 'ERR_DLOPEN_FAILED') return 'wrong-runtime'
  // The package `bindings` has a message for this, but no code.
  if (message.startsWith('Could not locate the bindings file')) return 'not-built'
  if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_MODULE_NOT_FOUND') return 'failed'
  return message.includes(`'${name}'`) ? 'not-installed' : 'not-built'
}

/**
 * better-sqlite3 loads its binary only when it opens its first database, so an error of opening may be about the binary.
 *
 * @throws {NativeModuleError} if it is.
 */
export function throwIfNotLoaded(error: unknown): void {
  const failure = error instanceof Error ? failureOf(error, 'better-sqlite3') : 'failed'
  if (failure !== 'failed') throw new NativeModuleError('better-sqlite3', failure, error)
}
