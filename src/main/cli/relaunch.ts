import { runToEnd } from './child.ts'
import { findProjectElectron } from './project-electron.ts'

const relaunchedVariable = 'ELECTRON_DATADIR_RELAUNCHED'

/**
 * Runs this same command line again with the project's own Electron, as a plain Node.
 *
 * @returns its exit code, or undefined where there is no Electron to do it with, or this already is one.
 */
export async function relaunchWithElectron(): Promise<number | undefined> {
  if (process.versions.electron || wasRelaunched()) return undefined
  const electron = findProjectElectron()
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
