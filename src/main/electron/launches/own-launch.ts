import { launchWith, workingDirectory } from '../../handoff/messages/launch.ts'
import type { Launch } from '../../handoff/messages/protocol.ts'

/**
 * Returns what this process was started for, as a launch: its arguments, working directory, files and URLs.
 *
 * @param argv the arguments of the process, starting with the program. In a development run (`process.defaultApp`) the
 * second argument is the path of the app. It is not part of the launch.
 * @param cwd the directory that relative paths in `argv` refer to. Default: the working directory of this process.
 * @param isDefaultApp whether this is a development run. Default `process.defaultApp`.
 * @returns a launch with a random id. Its `files` are the arguments that are paths of existing files.
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
