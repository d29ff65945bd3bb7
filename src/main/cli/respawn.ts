// This command line may run again in another process: one that can be killed while it looks at a directory that may not
// answer (watched.ts), or the project's Electron, for which the native modules are compiled.
import { runToEnd } from './child.ts'
import { exitCode } from './command-line.ts'
import { findProjectElectron } from './project-electron.ts'

/** Set for a process that looks at a directory for {@link runWatched}. */
export const watchedVariable = 'ELECTRON_DATADIR_WATCHED'
const relaunchedVariable = 'ELECTRON_DATADIR_RELAUNCHED'

/** The environment of this command line in Electron, besides the user's. */
export const electronVariables = { ELECTRON_RUN_AS_NODE: '1', [relaunchedVariable]: '1' }

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

/**
 * Runs this command line again with the project's Electron, as a plain Node.
 *
 * @returns its exit code; undefined if there is no Electron for it, or this process is one.
 */
export async function runInElectron(): Promise<number | undefined> {
  if (process.versions.electron || isInElectron()) return undefined
  const electron = findProjectElectron()
  const [, script, ...args] = process.argv
  if (!electron || !script) return undefined
  if (isWatched()) {
    // The watcher starts Electron. It could not kill a child of this process.
    tellWatcher({ electron })
    return exitCode.unavailable
  }
  return runToEnd(electron, [script, ...args], {
    // The channel carries nothing. It ends when this process is killed, and the other process then ends too.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...electronVariables },
  })
}

/** Ends this process when the process that runs it here for the user has ended, even by SIGKILL. */
export function endWithLauncher(): void {
  if (!(isInElectron() || isWatched()) || !process.channel) return
  // At once, as after a SIGKILL: the kernel releases the lock.
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  process.channel.unref()
}

/** Returns the user's environment, without the variables of this file. `exec … -- electron .` requires that. */
export function environmentOfUser(): NodeJS.ProcessEnv {
  const { [watchedVariable]: _, ...env } = process.env
  if (!isInElectron()) return env
  const { [relaunchedVariable]: __, ELECTRON_RUN_AS_NODE: ___, ...ofUser } = env
  return ofUser
}

function isInElectron(): boolean {
  return process.env[relaunchedVariable] === '1'
}
