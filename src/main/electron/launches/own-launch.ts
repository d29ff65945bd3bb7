import { launchWith, workingDirectory } from '../../handoff/messages/launch.ts'
import type { Launch } from '../../handoff/messages/protocol.ts'

/**
 * Returns what this process was started for, as a launch: its arguments, working directory, files and URLs.
 *
 * @param argv the arguments of the process, starting with the program. In a development run (`process.defaultApp`) the
 * path of the app, and the modules of `-r`, are not part of the launch.
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
  return launchWith(isDefaultApp ? withoutApp(rest) : rest, cwd)
}

/** Chromium's switches, and modules that Electron loads first (`-r FILE`), may come before the app's path. */
function withoutApp(rest: readonly string[]): string[] {
  const isModule = (index: number) => ['-r', '--require'].includes(rest[index - 1] ?? '')
  const appPath = rest.findIndex((argument, index) => !argument.startsWith('-') && !isModule(index))
  return rest.filter((_, index) => index !== appPath && (index > appPath || !isModule(index)))
}
