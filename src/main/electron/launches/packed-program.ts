import { posix, win32 } from 'node:path'

/**
 * Returns the file from which this program was unpacked or mounted. A packed program passes its variables on to
 * everything that it starts, such as a terminal. So the variables count only if this program is in their folder.
 *
 * - docs.appimage.org/packaging-guide/environment-variables.html: `APPDIR` is the mount.
 * - www.electron.build/nsis#portable: a portable app is unpacked in the temporary folder.
 *
 * @returns undefined if it is an installed program.
 */
export function packedProgram(
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
  program: string,
): string | undefined {
  if (platform === 'linux' && isIn(posix, env.APPDIR, program)) return env.APPIMAGE || undefined
  if (platform === 'win32' && isIn(win32, env.TEMP, program)) return env.PORTABLE_EXECUTABLE_FILE || undefined
  return undefined
}

function isIn(path: typeof posix, folder: string | undefined, program: string): boolean {
  if (!folder) return false
  const way = path.relative(folder, program)
  return way !== '' && !way.startsWith('..') && !path.isAbsolute(way)
}
