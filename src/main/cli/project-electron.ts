import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/**
 * Finds the executable of the project's Electron: the Electron next to this package, for which its native modules were
 * compiled, otherwise the Electron of the current directory. `ELECTRON_OVERRIDE_DIST_PATH` is respected. Nothing is
 * downloaded.
 *
 * @returns undefined if there is none.
 */
export function findProjectElectron(): string | undefined {
  return [() => import.meta.url, () => join(process.cwd(), 'package.json')]
    .map(electronBeside)
    .find((path) => path !== undefined && existsSync(path))
}

function electronBeside(from: () => string): string | undefined {
  try {
    const require = createRequire(from())
    // The package downloads a missing binary when it is loaded. So it is loaded only if the binary is there.
    if (!process.env.ELECTRON_OVERRIDE_DIST_PATH && !isInstalled(require)) return undefined
    const path: unknown = require('electron')
    return typeof path === 'string' ? path : undefined
  } catch {
    // The package is missing or incomplete, or the current directory is gone. The caller reports that.
    return undefined
  }
}

function isInstalled(require: NodeJS.Require): boolean {
  const root = dirname(require.resolve('electron/package.json'))
  return existsSync(join(root, 'dist', readFileSync(join(root, 'path.txt'), 'utf8')))
}
