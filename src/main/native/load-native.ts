import { createRequire } from 'node:module'
import { NativeModuleError } from './errors.ts'
import type { NativeModule } from './runtime.ts'

// Not `require`: electron-vite declares one of that name wherever it is called.
const load = createRequire(import.meta.url)

/**
 * Loads a native module when it is first needed, and not while this package is imported: what fails then can be
 * caught, and a program that only reads help texts needs none.
 *
 * @throws {NativeModuleError} with the command that repairs it.
 */
export function loadNative<Module>(name: NativeModule): Module {
  try {
    return load(name)
  } catch (error) {
    throw new NativeModuleError(name, failureOf(error as NodeJS.ErrnoException, name), error)
  }
}

function failureOf({ code, message }: NodeJS.ErrnoException, name: NativeModule) {
  if (code === 'ERR_DLOPEN_FAILED') return 'wrong-runtime'
  if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_MODULE_NOT_FOUND') return 'failed'
  return message.includes(`'${name}'`) ? 'not-installed' : 'not-built'
}
