import { runToEnd } from './child.ts'
import { exitCode } from './command-line.ts'
import { findProjectElectron } from './project-electron.ts'

/** Set for the process that looks at a directory for {@link runWatched}. */
export const watchedVariable = 'ELECTRON_DATADIR_WATCHED'

/**
 * The messages of a watched process: its directory must answer within the time that begins now; the directory has
 * answered; or this Electron can do the rest.
 */
export type WatchedMessage = 'looking' | 'answered' | { readonly electron: string }

/** Whether another process ends this one when the directory does not answer in time. */
export function isWatched(): boolean {
  return process.env[watchedVariable] === '1' && process.channel !== undefined
}

/** Sends a message to the process that watches this one, if there is one. */
export function tellWatcher(message: WatchedMessage): void {
  if (isWatched()) process.send?.(message)
}

const relaunchedVariable = 'ELECTRON_DATADIR_RELAUNCHED'

/** What a relaunched process has in its environment, besides the environment of the user. */
export const relaunchVariables = { ELECTRON_RUN_AS_NODE: '1', [relaunchedVariable]: '1' }

/**
 * Runs this same command line again with the project's own Electron, as a plain Node.
 *
 * @returns its exit code, or undefined where there is no Electron to do it with, or this already is one.
 */
export async function respawnWithElectron(): Promise<number | undefined> {
  if (process.versions.electron || wasRelaunched()) return undefined
  const electron = findProjectElectron()
  const [, script, ...args] = process.argv
  if (!electron || !script) return undefined
  if (isWatched()) {
    // A grandchild of the process that watches would outlive its time.
    tellWatcher({ electron })
    return exitCode.unavailable
  }
  return runToEnd(electron, [script, ...args], {
    // The channel carries nothing. It ends when this process is killed, and the other process then ends too.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...relaunchVariables },
  })
}

/** A relaunched or watched process ends with the one that was started by the user, however that one ends. */
export function endWithLauncher(): void {
  if (!(wasRelaunched() || isWatched()) || !process.channel) return
  // At once, as after a SIGKILL: the kernel drops the lock.
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  process.channel.unref()
}

/** This process's environment without what only a relaunch put there: `exec … -- electron .` needs that. */
export function environmentOfUser(): NodeJS.ProcessEnv {
  const { [watchedVariable]: _, ...env } = process.env
  if (!wasRelaunched()) return env
  const { [relaunchedVariable]: __, ELECTRON_RUN_AS_NODE: ___, ...ofUser } = env
  return ofUser
}

function wasRelaunched(): boolean {
  return process.env[relaunchedVariable] === '1'
}
