import { createRequire } from 'node:module'
import { NativeModuleError } from './errors.ts'
import type { NativeModule } from './runtime.ts'

// Not called require: bundlers put one of that name beside it.
const requireHere = createRequire(import.meta.url)

/**
 * Loads a native module when it is first needed, and not while this package is imported: what fails then can be
 * caught, and a program that only reads help texts needs none.
 *
 * @throws {NativeModuleError} with the command that repairs it.
 */
export function loadNative<Module>(name: NativeModule): Module {
  try {
    return requireHere(name)
  } catch (error) {
    throw new NativeModuleError(name, failureOf(error as NodeJS.ErrnoException, name), error)
  }
}

function failureOf({ code, message }: NodeJS.ErrnoException, name: NativeModule) {
  if (code === 'ERR_DLOPEN_FAILED') return 'wrong-runtime'
  if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_MODULE_NOT_FOUND') return 'failed'
  return message.includes(`'${name}'`) ? 'not-installed' : 'not-built'
}
