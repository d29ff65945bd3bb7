import { createRequire } from 'node:module'

/** The native module with the lock in it was compiled for another runtime than this one. */
export class WrongRuntimeError extends Error {}

/** The native module with the lock in it is not there at all. */
export class NotBuiltError extends Error {}

/**
 * Imports a module that needs fs-ext. Everything else in the CLI does without, so that help and the kernel's own
 * word about a holder are had in any runtime.
 *
 * @throws {WrongRuntimeError} where it was compiled for another runtime: Electron's, in an Electron project.
 * @throws {NotBuiltError} where it was never compiled.
 */
export async function importNative<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    // Not left to load(): a CommonJS module that throws while it is imported ends Node 20 even where the import's
    // rejection is caught.
    createRequire(import.meta.url)('fs-ext')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_DLOPEN_FAILED') throw new WrongRuntimeError(explain(message), { cause: error })
    if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') {
      throw new NotBuiltError('the native module fs-ext is not built. Run `npm rebuild fs-ext`.', {
        cause: error,
      })
    }
    throw error
  }
  return load()
}

function explain(message: string): string {
  const compiledFor = /NODE_MODULE_VERSION (\d+)/.exec(message)?.[1]
  const runtime = process.versions.electron
    ? `Electron ${process.versions.electron}`
    : `Node.js ${process.version}`
  const versions = compiledFor
    ? `a runtime with NODE_MODULE_VERSION ${compiledFor}, and this one, ${runtime}, has ${process.versions.modules}`
    : `another runtime than this one, ${runtime}`
  return (
    `the native module fs-ext was compiled for ${versions}: ` +
    'run this with the Electron it was compiled for, as `ELECTRON_RUN_AS_NODE=1 npx electron ' +
    `${JSON.stringify(process.argv[1])} …\`, or \`npm rebuild fs-ext\` for this one.`
  )
}
