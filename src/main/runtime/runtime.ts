/** The native modules this package stands on. */
export type NativeModule = 'fs-ext' | 'better-sqlite3'

/** Why a native module cannot be used. */
export type NativeFailure = 'not-installed' | 'not-built' | 'wrong-runtime' | 'crashes' | 'failed'

/** What a native module has to be compiled for. */
export interface Runtime {
  /** For people: `Electron 33.2.1` or `Node.js 20.20.2`. */
  readonly title: string
  readonly isElectron: boolean
  /** `process.versions.modules`: NAN modules are compiled for one. */
  readonly moduleAbi: number
  /** `process.versions.napi`: Node-API modules work in this one and later. */
  readonly napi: number
}

/** The runtime this process is. */
export function thisRuntime({ electron, node, modules, napi } = process.versions): Runtime {
  return {
    title: electron ? `Electron ${electron}` : `Node.js ${node}`,
    isElectron: Boolean(electron),
    moduleAbi: Number(modules),
    napi: Number(napi),
  }
}

// What the ready-made builds of better-sqlite3 13 ask for: Node 22.14, Electron 35.
export const betterSqlite3Napi = 10

// It asks for Node-API 10 where an older runtime has 9 and, as experimental, all of 10 that it calls.
const olderNapiFlags = '-UNAPI_VERSION -DNAPI_EXPERIMENTAL -DNODE_API_EXPERIMENTAL_NOGC_ENV_OPT_OUT'

/** The one command that makes a native module work in a runtime, to be run in the project's folder. */
export function repairCommand(module: NativeModule, failure: NativeFailure, runtime: Runtime): string {
  if (failure === 'not-installed') return `npm install ${module}`
  const flags =
    module === 'better-sqlite3' && runtime.napi < betterSqlite3Napi ? `CXXFLAGS="${olderNapiFlags}" ` : ''
  if (!runtime.isElectron) return `${flags}npm rebuild ${flags && '--build-from-source '}${module}`
  return `${flags}npx @electron/rebuild --force ${flags && '--build-from-source '}--only ${module}`
}
