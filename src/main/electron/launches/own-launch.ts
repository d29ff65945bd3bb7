import { launchWith, workingDirectory } from '../../handoff/messages/launch.ts'
import type { Launch } from '../../handoff/messages/protocol.ts'

/**
 * What this process was started for, in the shape in which launches are handed over.
 *
 * @param argv the process's arguments, program first. In development Electron's second argument is the app's
 * path (`process.defaultApp`), which is no part of the launch.
 * @param cwd where relative paths among them start. Default: where this process works.
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
    // Chromium's switches come before the app's path as often as after it.
    const appPath = rest.findIndex((argument) => !argument.startsWith('-'))
    if (appPath >= 0) rest.splice(appPath, 1)
  }
  return launchWith(rest, cwd)
}
