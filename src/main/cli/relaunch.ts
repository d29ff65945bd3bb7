import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { runToEnd } from './child.ts'

const relaunchedVariable = 'ELECTRON_DATADIR_RELAUNCHED'

/**
 * Runs this same command line again with the project's own Electron, as a plain Node.
 *
 * @returns its exit code, or undefined where there is no Electron to do it with, or this already is one.
 */
export async function relaunchWithElectron(): Promise<number | undefined> {
  if (process.versions.electron || wasRelaunched()) return undefined
  const electron = findElectron()
  const [, script, ...args] = process.argv
  if (!electron || !script) return undefined
  return runToEnd(electron, [script, ...args], {
    // The channel carries nothing: its end tells the other process that this one was killed.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', [relaunchedVariable]: '1' },
  })
}

/** A relaunched process ends with the one that was started by the user, however that one ends. */
export function endWithLauncher(): void {
  if (!wasRelaunched() || !process.channel) return
  // At once, as after a SIGKILL: the kernel drops the lock.
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  process.channel.unref()
}

/** This process's environment without what only a relaunch put there: `exec … -- electron .` needs that. */
export function environmentOfUser(): NodeJS.ProcessEnv {
  if (!wasRelaunched()) return process.env
  const { [relaunchedVariable]: _, ELECTRON_RUN_AS_NODE: __, ...env } = process.env
  return env
}

function wasRelaunched(): boolean {
  return process.env[relaunchedVariable] === '1'
}

/** Beside this package first: that is the Electron its native modules were compiled for. */
function findElectron(): string | undefined {
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    const path = electronBeside(createRequire(from))
    if (path && existsSync(path)) return path
  }
  return undefined
}

function electronBeside(require: NodeJS.Require): string | undefined {
  try {
    // Required only where its binary is known to be there: the package downloads a missing one.
    if (!process.env.ELECTRON_OVERRIDE_DIST_PATH && !isInstalled(require)) return undefined
    const path: unknown = require('electron')
    return typeof path === 'string' ? path : undefined
  } catch {
    // No such package, or half of one: the caller has a sentence for that.
    return undefined
  }
}

function isInstalled(require: NodeJS.Require): boolean {
  const root = dirname(require.resolve('electron/package.json'))
  return existsSync(join(root, 'dist', readFileSync(join(root, 'path.txt'), 'utf8')))
}
