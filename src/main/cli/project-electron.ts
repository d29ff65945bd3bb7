import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/**
 * The executable of the Electron a project has: the one beside this package first, since that is the one its native
 * modules were compiled for, else the one of the current directory. `ELECTRON_OVERRIDE_DIST_PATH` is respected, and
 * nothing is downloaded.
 *
 * @returns undefined where there is none.
 */
export function findProjectElectron(): string | undefined {
  for (const from of [() => import.meta.url, () => join(process.cwd(), 'package.json')]) {
    const path = electronBeside(from)
    if (path && existsSync(path)) return path
  }
  return undefined
}

function electronBeside(from: () => string): string | undefined {
  try {
    const require = createRequire(from())
    // Required only where its binary is known to be there: the package downloads a missing one.
    if (!process.env.ELECTRON_OVERRIDE_DIST_PATH && !isInstalled(require)) return undefined
    const path: unknown = require('electron')
    return typeof path === 'string' ? path : undefined
  } catch {
    // No such package, or half of one, or the current directory is gone: the caller has a sentence for that.
    return undefined
  }
}

function isInstalled(require: NodeJS.Require): boolean {
  const root = dirname(require.resolve('electron/package.json'))
  return existsSync(join(root, 'dist', readFileSync(join(root, 'path.txt'), 'utf8')))
}
