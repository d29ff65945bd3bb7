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

// The ready-made builds of better-sqlite3 13 require it: Node 22.14, Electron 35.
export const betterSqlite3Napi = 10

// better-sqlite3 requires Node-API 10. Runtimes with version 9 have all of 10 that it calls, as experimental functions.
const olderNapiFlags = '-UNAPI_VERSION -DNAPI_EXPERIMENTAL -DNODE_API_EXPERIMENTAL_NOGC_ENV_OPT_OUT'

/**
 * Returns the command that makes a native module work in a runtime. It is for the project's folder.
 *
 * @param module the name of its package.
 */
export function repairCommand(module: string, failure: NativeFailure, runtime: Runtime): string {
  if (failure === 'not-installed') return `npm install ${module}`
  // Only a ready-made build of version 13 crashes. Version 12 does not use Node-API and needs no flags.
  const crashes = module === 'better-sqlite3' && failure === 'crashes' && runtime.napi < betterSqlite3Napi
  const flags = crashes ? `CXXFLAGS="${olderNapiFlags}" ` : ''
  if (!runtime.isElectron) return `${flags}npm rebuild ${flags && '--build-from-source '}${module}`
  return `${flags}npx @electron/rebuild --force ${flags && '--build-from-source '}--only ${module}`
}
