/** Set for the process that {@link runWatched} has look at a directory. */
export const watchedVariable = 'ELECTRON_DATADIR_WATCHED'

/**
 * What a watched process says to the one that watches it: that the time begins within which the directory must answer,
 * that it has answered, or which Electron can do the rest.
 */
export type WatchedMessage = 'looking' | 'answered' | { readonly electron: string }

/** Whether another process ends this one when the directory does not answer in time. */
export function isWatched(): boolean {
  return process.env[watchedVariable] === '1' && process.channel !== undefined
}

/** Says something to the process that watches this one, if one does. */
export function tellWatcher(message: WatchedMessage): void {
  if (isWatched()) process.send?.(message)
}
