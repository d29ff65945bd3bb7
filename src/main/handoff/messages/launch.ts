import { statSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { attempt } from '../../../shared/attempt.ts'
import { randomHex } from '../../runtime/random-hex.ts'
import type { Launch } from './protocol.ts'

/**
 * A launch with these arguments, which follow the program and the app's path.
 *
 * @param cwd the directory that relative paths in `argv` refer to.
 * @returns a launch with a random id. Its `files` are the arguments that are paths of existing files.
 */
export function launchWith(argv: readonly string[], cwd: string): Launch {
  const words = argv.filter((argument) => !argument.startsWith('-'))
  const files = words.map((word) => resolve(cwd, pathOf(word))).filter(isFile)
  const urls = words.filter((word) => isUrl(word) && !isFile(resolve(cwd, pathOf(word))))
  // GTK removes the first one from the environment before `ready`. Chromium removes the second one before any JavaScript
  // runs, but a command of a shell still has it.
  const activationToken = process.env.DESKTOP_STARTUP_ID || process.env.XDG_ACTIVATION_TOKEN
  return { id: randomHex(16), argv, cwd, files, urls, ...(activationToken && { activationToken }) }
}

/** The current directory of this process. If it was removed meanwhile, this is the path that the shell has for it. */
export function workingDirectory(): string {
  const { PWD } = process.env
  // ENOENT. The directory has no files any more, so only people read this path.
  return attempt(() => process.cwd()) ?? (PWD && isAbsolute(PWD) ? PWD : '/')
}

/** A desktop may pass a file as a URL (`%u` in a desktop entry). */
function pathOf(word: string): string {
  if (!/^file:/i.test(word) || !URL.canParse(word)) return word
  // A file on another host has no path here.
  return attempt(() => fileURLToPath(word)) ?? word
}

/** A single letter before the colon is a Windows drive. */
function isUrl(word: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(word) && URL.canParse(word)
}

function isFile(path: string): boolean {
  // If the name is too long, a parent is not a folder, or this user may not read it, it stays an ordinary argument.
  return attempt(() => statSync(path, { throwIfNoEntry: false })?.isFile()) ?? false
}
