import { defaultName } from '../directory/names.ts'
import type { WarningDelay } from '../directory/warnings.ts'
import { type LockOptions, prepareToLock, takeLock } from '../lock/data-dir-lock.ts'
import type { DataDirLockedError } from '../lock/errors.ts'
import type { OwnedDirectory } from '../sqlite/owned-directory.ts'
import type { ClaimDataDirOptions } from './claim-data-dir-options.ts'
import { appLanguage } from './dialogs/app-locale.ts'
import { OwnerWatch } from './held/owner-watch.ts'
import { runContender } from './held/run-contender.ts'
import { beforeOpenEvents, withOpenEvents } from './launches/open-events.ts'
import { launchOf } from './launches/own-launch.ts'
import { closeAndExit } from './quit-order.ts'

/** The exit code if another process owns the directory and nothing was handed over: EX_TEMPFAIL of sysexits.h. */
export const exitHeld = 75

/** The options of a claim, with what the owner record of this process would say. */
export type ContendRequest = Pick<ClaimDataDirOptions<unknown>, 'onHeld' | 'locale' | 'words'> &
  WarningDelay &
  LockOptions &
  Required<Pick<LockOptions, 'dir' | 'app'>>

/**
 * Runs this process as a contender of the process that owns the directory.
 *
 * @param error says who owns it.
 * @param refuse is called with the error when this process gives up.
 * @returns the directory, if it became free. Otherwise undefined, and the app is exiting.
 */
export async function contend(
  error: DataDirLockedError,
  request: ContendRequest,
  refuse: (reason: unknown) => void,
): Promise<OwnedDirectory | undefined> {
  const { dir, name = defaultName, app: product, onHeld = 'dialog' } = request
  let owned: OwnedDirectory | undefined
  const tryLock = () => {
    const directory = prepareToLock(dir, name)
    // A first attempt waits, and blocks this thread. The watch tries again soon, so it does not wait.
    const lock = takeLock(directory, name, request, 0)
    owned = { directory, name, lock }
    return lock
  }
  const launch = launchOf()
  // For a signal or a quit that comes before the contender has ended.
  process.exitCode = exitHeld
  const end = await runContender(
    {
      watch: new OwnerWatch(error, product, tryLock),
      name,
      launch: () => withOpenEvents(launch),
      launches: () => beforeOpenEvents(launch),
      language: () => appLanguage(request),
    },
    onHeld,
  )
  if (end === 'free') {
    process.exitCode = undefined
    return owned
  }
  refuse(error)
  await closeAndExit(end === 'handed-over' ? 0 : exitHeld)
  return undefined
}
