import { launchWith, workingDirectory } from '../../handoff/messages/launch.ts'
import type { Launch } from '../../handoff/messages/protocol.ts'

/**
 * What this process was started for, as a launch.
 *
 * @param argv the process's arguments, program first. In development Electron's second argument is the app's
 * path (`process.defaultApp`), which is not part of the launch.
 * @param cwd the directory to which relative paths among them refer. Default: the working directory of this process.
 * @param isDefaultApp whether this is such a development run. Default `process.defaultApp`.
 * @returns a launch with a random id; `files` are those arguments that are the paths of files now.
 */
export function launchOf(
  argv: readonly string[] = process.argv,
  cwd: string = workingDirectory(),
  isDefaultApp: boolean = process.defaultApp ?? false,
): Launch {
  const rest = argv.slice(1)
  if (isDefaultApp) {
    // Chromium's switches may come before the app's path or after it.
    const appPath = rest.findIndex((argument) => !argument.startsWith('-'))
    if (appPath >= 0) rest.splice(appPath, 1)
  }
  return launchWith(rest, cwd)
}
