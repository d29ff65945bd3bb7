import { HeldElsewhereError } from '../claim/errors.ts'
import { MigrationAbortedError } from '../sqlite/errors/open-errors.ts'
import { exitHeld } from './contend.ts'
import {
  type Asking,
  askAboutFailure,
  type FailureAnswer,
  printFailure,
  type WaysOut,
  wasDeclined,
} from './dialogs/failure-dialogs.ts'
import { closeAndExit } from './quit-order.ts'

const exitFailed = 1

/**
 * Shows why the directory cannot be claimed, and asks what to do. The failed attempt has released everything.
 *
 * @returns `quit` if the app is exiting.
 */
export async function afterFailure(
  error: unknown,
  asking: Asking,
  waysOut: WaysOut,
  refuse: (reason: unknown) => void,
): Promise<FailureAnswer> {
  const { product } = asking
  // The app was quit meanwhile, and only waits for this.
  if (error instanceof MigrationAbortedError) {
    refuse(error)
    return 'quit'
  }
  printFailure(error, product)
  const code = error instanceof HeldElsewhereError ? exitHeld : exitFailed
  // A window that is open may be closed before the dialog.
  process.exitCode = code
  let answer: FailureAnswer = 'quit'
  if (!wasDeclined(error)) {
    try {
      answer = await askAboutFailure(error, asking, waysOut)
    } catch (failure) {
      // Without the dialog, the app would run without its data, perhaps without a window.
      printFailure(failure, product)
    }
  }
  if (answer !== 'quit') {
    process.exitCode = undefined
    return answer
  }
  refuse(error)
  await closeAndExit(code)
  return 'quit'
}
