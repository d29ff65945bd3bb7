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
