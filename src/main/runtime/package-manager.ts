import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The commands of a project's package manager. */
export interface PackageManager {
  /** Adds a package to the project. */
  readonly add: string
  /** Runs a package that is not in the project. */
  readonly run: string
}

const npm: PackageManager = { add: 'npm install', run: 'npx' }
const pnpm: PackageManager = { add: 'pnpm add', run: 'pnpm dlx' }
const yarn: PackageManager = { add: 'yarn add', run: 'yarn dlx' }
// Yarn 1 has no dlx.
const yarnClassic: PackageManager = { add: 'yarn add', run: 'npx' }

const lockFiles: Record<string, (path: string) => PackageManager> = {
  'pnpm-lock.yaml': () => pnpm,
  'yarn.lock': (path) => (readFileSync(path, 'utf8').includes('# yarn lockfile v1') ? yarnClassic : yarn),
  'package-lock.json': () => npm,
  'npm-shrinkwrap.json': () => npm,
}

/**
 * Finds the package manager of a project by the nearest lock file, in the directory or above it. Without a lock file,
 * it is the package manager that has started this process.
 *
 * @param dir a directory of the project
 * @param agent what a package manager writes about itself to the environment of the processes that it starts, such as
 * `pnpm/10.34.9 npm/? node/v22.14.0`
 */
export function packageManagerOf(dir: string, agent = process.env.npm_config_user_agent): PackageManager {
  for (let at = dir; ; at = dirname(at)) {
    for (const [name, managerOf] of Object.entries(lockFiles)) {
      const path = join(at, name)
      if (existsSync(path)) return managerOf(path)
    }
    if (dirname(at) === at) return managerNamedIn(agent ?? '')
  }
}

function managerNamedIn(agent: string): PackageManager {
  const [, name, major] = /^(\w+)\/(\d+)/.exec(agent) ?? []
  if (name === 'pnpm') return pnpm
  if (name === 'yarn') return major === '1' ? yarnClassic : yarn
  return npm
}
