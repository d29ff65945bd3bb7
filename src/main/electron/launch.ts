import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Launch } from '../handoff/protocol.ts'

/**
 * What this process was started for, in the shape in which launches are handed over.
 *
 * @param argv the process's arguments, program first. In development Electron's second argument is the app's
 * path (`process.defaultApp`), which is no part of the launch.
 * @param cwd where relative paths among them start.
 */
export function launchOf(
  argv: readonly string[] = process.argv,
  cwd: string = process.cwd(),
  isDefaultApp: boolean = process.defaultApp ?? false,
): Launch {
  const rest = argv.slice(1)
  if (isDefaultApp) {
    // Chromium's switches come before the app's path as often as after it.
    const appPath = rest.findIndex((argument) => !argument.startsWith('-'))
    if (appPath >= 0) rest.splice(appPath, 1)
  }
  const files = rest
    .filter((argument) => !argument.startsWith('-'))
    .map((argument) => resolve(cwd, argument))
    .filter(isFile)
  return { argv: rest, cwd, files }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}
