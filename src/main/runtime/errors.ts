import { DataDirError } from '../../shared/data-dir-error.ts'
import { type NativeFailure, neededRuntime, type Runtime, repairCommand, thisRuntime } from './runtime.ts'

const explanations: Record<NativeFailure, (runtime: string) => string> = {
  'not-installed': () => 'it is not installed',
  'not-built': () => 'it is installed but was never compiled',
  'wrong-runtime': (runtime) => `it was compiled for another runtime than ${runtime}`,
  crashes: (runtime) => `its build crashes in ${runtime}`,
  failed: (runtime) => `${runtime} could not load it`,
}

/** A native module that this package needs cannot be loaded. Thrown before anything was touched. */
export class NativeModuleError extends DataDirError {
  static readonly code = 'ERR_DATADIR_NATIVE_MODULE'
  readonly code = NativeModuleError.code
  /** The module's name. If the `driver` is a path, this is the name of its package, or the path. */
  readonly module: string
  /** Why, for a program. The runtime's own error is the `cause`. */
  readonly failure: NativeFailure

  constructor(given: string, failure: NativeFailure, cause?: unknown, runtime: Runtime = thisRuntime()) {
    const why = explanations[failure](runtime.title)
    const module = packageAt(given)
    super(`The native module ${module} cannot be used: ${why}.`, {
      remedy: remedyOf(module, failure, runtime),
      cause,
    })
    this.module = module
    this.failure = failure
  }
}

/** The package that a path leads into: npm rebuilds a package by its name. */
function packageAt(module: string): string {
  const [, name] = /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(module) ?? []
  return name?.replace('\\', '/') ?? module
}

function remedyOf(module: string, failure: NativeFailure, runtime: Runtime): string {
  const command = repairCommand(module, failure, runtime)
  if (command === undefined) return `Use ${neededRuntime(runtime)}.`
  const repair = `\`${command}\``
  // In an Electron project the build is right and the runtime is wrong. A build for Node.js would break the app.
  return failure === 'wrong-runtime' && !runtime.isElectron
    ? `In an Electron project, run this as \`ELECTRON_RUN_AS_NODE=1 npx electron …\`. For Node.js, run ${repair}.`
    : `Run ${repair} in the project.`
}

/** A package that only a database needs is not installed. It is an optional peer dependency. No database was opened. */
export class PackageMissingError extends DataDirError {
  static readonly code = 'ERR_DATADIR_PACKAGE_MISSING'
  readonly code = PackageMissingError.code
  /** The package's name. */
  readonly package: 'kysely'

  constructor(missing: 'kysely', cause: unknown) {
    super(`A database needs the package ${missing}, and it is not installed.`, {
      // The version that package.json asks for. A newer one would be refused by npm.
      remedy: 'Run `npm install kysely@0.29` in the project.',
      cause,
    })
    this.package = missing
  }
}

/**
 * A worker thread asked for the lock. The native module fs-ext keeps static state, so the second thread that loads it
 * crashes the process. Thrown before the module is loaded and before anything is touched.
 */
export class WorkerThreadError extends DataDirError {
  static readonly code = 'ERR_DATADIR_WORKER_THREAD'
  readonly code = WorkerThreadError.code

  constructor() {
    super(
      'Only the main thread can take the lock of a data directory: the native module fs-ext crashes the process if a worker thread loads it.',
      { remedy: 'Call this on the main thread, and send the worker thread what it needs.' },
    )
  }
}

/**
 * The code of a worker thread of this package is missing. A bundler has included the code that starts the thread, but
 * not the code of the thread.
 */
export class ThreadFileMissingError extends DataDirError {
  static readonly code = 'ERR_DATADIR_THREAD_FILE_MISSING'
  readonly code = ThreadFileMissingError.code
  /** The path at which the thread's code is expected. */
  readonly path: string

  constructor(path: string) {
    super(`${path} is missing, because a bundler has left it out.`, {
      remedy:
        'Make electron-datadir an external dependency of the bundle. Its native modules must be external too.',
    })
    this.path = path
  }
}
