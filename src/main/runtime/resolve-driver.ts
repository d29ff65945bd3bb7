import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { attempt } from '../../shared/attempt.ts'
import { NativeModuleError } from './errors.ts'

/**
 * Returns the path of a build of better-sqlite3, which every thread can load. A thread itself would look for a name
 * only beside the code of this package.
 *
 * Looks for a name beside the app first, and then beside this package. With pnpm, a package finds only its own
 * dependencies. So this package alone would not find what the app has installed.
 *
 * @param driver a name, an absolute path or a file URL.
 * @throws {NativeModuleError} if there is no such module.
 */
export function resolveDriver(driver: string): string {
  const name = driver.startsWith('file:') ? fileURLToPath(driver) : driver
  for (const from of isAbsolute(name) ? [import.meta.url] : placesToSearch()) {
    const path = attempt(() => createRequire(from).resolve(name))
    if (path !== undefined) return path
  }
  throw new NativeModuleError(name, 'not-installed')
}

/** What Electron adds: electronjs.org/docs/latest/api/process. */
interface ElectronProcess {
  readonly resourcesPath?: string
  readonly type?: string
  readonly defaultApp?: boolean
}

/** The files beside which a name is looked for. A file does not have to exist. */
function placesToSearch(): string[] {
  const { resourcesPath, type, defaultApp } = process as ElectronProcess
  // The argument of a packaged app is a document. No module is loaded from its folder.
  const script = type === 'browser' && !defaultApp ? undefined : process.argv[1]
  return [
    // A packaged app: electronjs.org/docs/latest/tutorial/application-distribution.
    ...(resourcesPath ? ['app.asar', 'app'].map((name) => join(resourcesPath, name, 'index.js')) : []),
    // `electron .` and `electron out/main.js`.
    ...(script ? [join(resolve(script), 'index.js'), resolve(script)] : []),
    import.meta.url,
  ]
}
